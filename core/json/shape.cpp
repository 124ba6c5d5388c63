// SPDX-License-Identifier: Apache-2.0
#include "core/json/shape.hpp"

#include <algorithm>
#include <utility>

namespace navistore::json {

void Faults::add(const std::string &path, std::string_view what) {
  if (any()) return;
  text_ = path.empty() ? "the document" : path;
  text_.append(": ").append(what);
}

std::string element_path(const std::string &path, size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

Shape::Shape(const Value &value, std::string path, Faults &faults)
    : members_(value.object()), path_(std::move(path)), faults_(faults) {
  if (members_ == nullptr) faults_.add(path_, "expected an object");
}

std::string Shape::path(std::string_view name) const {
  if (path_.empty()) return std::string(name);
  return path_ + "." + std::string(name);
}

const Value *Shape::any(std::string_view name) {
  known_.emplace_back(name);
  if (members_ == nullptr) return nullptr;
  for (const Member &member : *members_) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

const std::string *Shape::string(std::string_view name) {
  const Value *value = any(name);
  if (value == nullptr) return nullptr;
  if (value->string() == nullptr) fault(name, "expected a string");
  return value->string();
}

std::optional<uint64_t> Shape::integer(std::string_view name) {
  const Value *value = any(name);
  if (value == nullptr) return std::nullopt;
  if (const uint64_t *number = value->integer()) return *number;
  fault(name, "expected a whole number that is not negative");
  return std::nullopt;
}

std::optional<bool> Shape::boolean(std::string_view name) {
  const Value *value = any(name);
  if (value == nullptr) return std::nullopt;
  if (const bool *truth = value->boolean()) return *truth;
  fault(name, "expected true or false");
  return std::nullopt;
}

const Value::Array *Shape::array(std::string_view name) {
  const Value *value = any(name);
  if (value == nullptr) return nullptr;
  if (value->array() == nullptr) fault(name, "expected an array");
  return value->array();
}

const Value::Object *Shape::object(std::string_view name) {
  const Value *value = any(name);
  if (value == nullptr) return nullptr;
  if (value->object() == nullptr) fault(name, "expected an object");
  return value->object();
}

void Shape::finish() {
  if (members_ == nullptr) return;
  for (const Member &member : *members_) {
    if (std::find(known_.begin(), known_.end(), member.name) == known_.end()) {
      fault(member.name, "unknown member");
    }
  }
}

}  // namespace navistore::json
