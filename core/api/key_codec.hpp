// SPDX-License-Identifier: Apache-2.0
// Keys and other bytes as they travel in URLs.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/problem.hpp"

namespace navistore::api {

inline constexpr size_t kMaxKey = 1024;  // bytes

// What '+' stands for: itself in a path, a blank in a query (as HTML forms and URL libraries of
// most languages write it).
enum class Plus : uint8_t { kLiteral, kBlank };

// Decodes %XX once. Nothing when a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

// Appends bytes so that percent_decode of either kind gives them back: unreserved characters of
// RFC 3986 and '/' stay.
void append_percent_encoded(std::string_view bytes, std::string &out);

// A decoded key without allocation.
class Key {
 public:
  // From the path behind /v1/kv/, or from a key64 parameter. max: bytes, at most kMaxKey.
  std::optional<Fault> from_path(std::string_view encoded, size_t max);
  std::optional<Fault> from_base64(std::string_view encoded, size_t max);

  std::string_view bytes() const { return {buffer_.data(), size_}; }

 private:
  std::array<char, kMaxKey> buffer_;
  size_t size_ = 0;
};

// A key that came as it is: key-invalid when empty, key-too-long above max.
std::optional<Fault> check_key(std::string_view key, size_t max);

}  // namespace navistore::api
