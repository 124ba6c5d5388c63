// SPDX-License-Identifier: Apache-2.0
// A parsed JSON document. Strict: what one reader could take for something else is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace navistore::json {

struct Member;

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;  // in the order of the text; no name occurs twice
  using Data =
      std::variant<std::nullptr_t, bool, uint64_t, int64_t, double, std::string, Array, Object>;

  Value() = default;
  explicit Value(Data data) : data_(std::move(data)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(data_); }
  // Each is null when the value is of another type. An integer below zero is no uint64_t.
  const bool *boolean() const { return std::get_if<bool>(&data_); }
  const uint64_t *integer() const { return std::get_if<uint64_t>(&data_); }
  const std::string *string() const { return std::get_if<std::string>(&data_); }
  const Array *array() const { return std::get_if<Array>(&data_); }
  const Object *object() const { return std::get_if<Object>(&data_); }
  Array *array() { return std::get_if<Array>(&data_); }
  Object *object() { return std::get_if<Object>(&data_); }

 private:
  Data data_ = nullptr;
};

struct Member {
  std::string name;
  Value value;
};

// Bounds on what one document may make us allocate.
struct Limits {
  size_t depth = 32;        // of nested arrays and objects
  size_t values = 500'000;  // of any kind, together
};

// Parses one document that fills text. kInvalid, with where and why: bad syntax, anything after
// the document, a name twice in an object, invalid UTF-8, a number out of range, a limit passed.
Result<Value> parse(std::string_view text, const Limits &limits = {});

}  // namespace navistore::json
