// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/problem.hpp"
#include "core/http/message.hpp"

namespace navistore::api {

// The request fields that resources look at.
enum class Header : uint8_t {
  kAccept,
  kPrefer,
  kIfMatch,
  kNaviTtl,
  kContentType,
  kRequestId,
  kIfNoneMatch,
  kContentRange,
  kContentEncoding,
  kMinRevision,
  kCount,
};

inline constexpr std::string_view kMetaPrefix = "Navi-Meta-";

// Of a watch, beside Header.
inline constexpr std::string_view kLastEventId = "Last-Event-ID";

// Whether what answers the request may look at its fields of that name.
bool is_looked_at(std::string_view name, http::Method method);

// Those fields, found in one pass. Borrows from the request. Fields that are lists are joined when
// they come several times (RFC 9110 5.3), any other field that does is a fault.
class Headers {
 public:
  explicit Headers(const http::Request &request);
  Headers(const Headers &) = delete;
  Headers &operator=(const Headers &) = delete;

  // Empty when absent; present() tells an empty field from none.
  std::string_view operator[](Header header) const { return values_[index(header)]; }
  bool present(Header header) const { return (present_ >> index(header) & 1U) != 0; }
  bool has_user_meta() const { return has_user_meta_; }
  const std::optional<Fault> &fault() const { return fault_; }

 private:
  static constexpr size_t kCount = static_cast<size_t>(Header::kCount);
  static constexpr size_t index(Header header) { return static_cast<size_t>(header); }
  void take(Header header, const http::Field &field);
  void repeat(Header header, const http::Field &field);

  std::array<std::string_view, kCount> values_;
  uint32_t present_ = 0;
  bool has_user_meta_ = false;
  std::array<std::string, 4> joined_;  // of the lists: Accept, Prefer, If-Match, If-None-Match
  std::optional<Fault> fault_;
};

}  // namespace navistore::api
