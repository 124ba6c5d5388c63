// SPDX-License-Identifier: Apache-2.0
// Puts and deletes as JSON, and the limits that every way of writing shares.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/problem.hpp"
#include "core/json/shape.hpp"
#include "core/store/store.hpp"

namespace navistore::api {

inline constexpr size_t kMaxType = 255;  // bytes
inline constexpr size_t kMaxUserNames = 32;
inline constexpr size_t kMaxUserBytes = 2 * 1024;  // names and values together

// Each says what is wrong, or nothing.
std::optional<Fault> check_value(uint64_t size, uint64_t max);
std::optional<std::string> check_type(std::string_view type);
std::optional<std::string> check_user_meta(
    const std::vector<std::pair<std::string, std::string>> &user);

// Reads documents that name keys and operations. The first fault of a document is kept, with the
// place in the document where it is.
class OperationReader {
 public:
  explicit OperationReader(const store::Store &store) : store_(store) {}

  // The bytes of the members `name` or `name64`: exactly one of them must be there.
  std::string bytes(json::Shape &shape, std::string_view name);
  // The same, within the limits of a key.
  std::string key(json::Shape &shape);
  // {"op":"put"|"delete","key":..,"value":..,"ttl":..,"type":..,"meta":{..}}; members that only
  // some callers know are taken from shape before it is finished.
  store::Operation operation(json::Shape &shape);
  // A plain string, or {"key":..} or {"key64":..}.
  std::string key_element(const json::Value &value, const std::string &path);

  void fail(Problem problem, const std::string &path, std::string_view what, uint64_t limit);
  json::Faults &faults() { return faults_; }
  // The first fault of either kind.
  std::optional<Fault> fault() const;

 private:
  void check_key_at(std::string_view key, const std::string &path);
  void read_put(json::Shape &shape, store::Operation &operation);
  void read_ttl(json::Shape &shape, store::Operation &operation);
  void read_meta(json::Shape &shape, store::Operation &operation);

  const store::Store &store_;
  json::Faults faults_;
  std::optional<Fault> fault_;  // other than bad-request
};

}  // namespace navistore::api
