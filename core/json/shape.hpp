// SPDX-License-Identifier: Apache-2.0
// Reads a document by the shape that is expected of it, and names the place that differs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/value.hpp"

namespace navistore::json {

// The first thing that is wrong with a document: "do[3].value: expected a string".
class Faults {
 public:
  void add(const std::string &path, std::string_view what);
  bool any() const { return !text_.empty(); }
  const std::string &text() const { return text_; }

 private:
  std::string text_;
};

// "do" and 3 give "do[3]".
std::string element_path(const std::string &path, size_t index);

// An object whose members are asked for by name. A member of another type than asked for is a
// fault and reads as absent. Borrows value and faults, copies names.
class Shape {
 public:
  Shape(const Value &value, std::string path, Faults &faults);  // not an object: a fault

  const Value *any(std::string_view name);
  const std::string *string(std::string_view name);
  std::optional<uint64_t> integer(std::string_view name);  // 0 to 2^64-1
  std::optional<bool> boolean(std::string_view name);
  const Value::Array *array(std::string_view name);
  const Value::Object *object(std::string_view name);
  // Members that nobody asked for are faults. Call it last.
  void finish();

  std::string path(std::string_view name) const;
  void fault(std::string_view name, std::string_view what) { faults_.add(path(name), what); }

 private:
  const Value::Object *members_;
  std::string path_;
  Faults &faults_;
  std::vector<std::string> known_;
};

}  // namespace navistore::json
