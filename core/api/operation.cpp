// SPDX-License-Identifier: Apache-2.0
#include "core/api/operation.hpp"

#include <algorithm>

#include "core/api/ascii.hpp"
#include "core/api/item_request.hpp"
#include "core/api/ttl.hpp"
#include "core/json/base64.hpp"
#include "core/json/utf8.hpp"

namespace navistore::api {
namespace {

bool is_field_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// A token of RFC 9110, in lower case.
bool is_meta_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::optional<Fault> check_value(uint64_t size, uint64_t max) {
  if (max == 0 || size <= max) return std::nullopt;
  return Fault{Problem::kValueTooLarge,
               "the value is larger than " + std::to_string(max) + " bytes", max};
}

std::optional<std::string> check_type(std::string_view type) {
  if (type.size() > kMaxType) return "longer than " + std::to_string(kMaxType) + " bytes";
  if (!is_field_text(type) || !json::is_utf8(type)) return std::string("not printable text");
  return std::nullopt;
}

std::optional<std::string> check_user_meta(
    const std::vector<std::pair<std::string, std::string>> &user) {
  size_t bytes = 0;
  for (auto item = user.begin(); item != user.end(); ++item) {
    const auto &[name, value] = *item;
    bytes += name.size() + value.size();
    if (!is_meta_name(name)) return "'" + name + "' is no name";
    if (!is_field_text(value) || !json::is_utf8(value))
      return "'" + name + "' is not printable text";
    const bool twice = std::any_of(user.begin(), item,
                                   [&](const auto &other) { return other.first == item->first; });
    if (twice) return "'" + name + "' was given twice";
  }
  if (user.size() > kMaxUserNames) return "more than " + std::to_string(kMaxUserNames) + " names";
  if (bytes > kMaxUserBytes) return "more than " + std::to_string(kMaxUserBytes) + " bytes";
  return std::nullopt;
}

void OperationReader::fail(Problem problem, const std::string &path, std::string_view what,
                           uint64_t limit) {
  if (fault_ || faults_.any()) return;
  fault_ = Fault{problem, path + ": " + std::string(what), limit};
}

std::optional<Fault> OperationReader::fault() const {
  if (fault_) return fault_;
  if (faults_.any()) return Fault{Problem::kBadRequest, faults_.text(), 0};
  return std::nullopt;
}

std::string OperationReader::bytes(json::Shape &shape, std::string_view name) {
  const std::string coded_name = std::string(name) + "64";
  const std::string *text = shape.string(name);
  const std::string *coded = shape.string(coded_name);
  if ((text == nullptr) == (coded == nullptr)) {
    shape.fault(name, text == nullptr ? "expected this or " + coded_name
                                      : "given together with " + coded_name);
    return {};
  }
  if (text != nullptr) return *text;
  auto bytes = json::decode_base64(*coded, json::Alphabet::kPadded);
  if (!bytes) bytes = json::decode_base64(*coded, json::Alphabet::kUrl);
  if (!bytes) shape.fault(coded_name, "expected base64");
  return bytes ? std::move(*bytes) : std::string();
}

void OperationReader::check_key_at(std::string_view key, const std::string &path) {
  if (faults_.any()) return;
  if (const auto fault = check_key(key, max_key(store_))) {
    fail(fault->problem, path, fault->detail, fault->limit);
  }
}

std::string OperationReader::key(json::Shape &shape) {
  std::string key = bytes(shape, "key");
  check_key_at(key, shape.path("key"));
  return key;
}

std::string OperationReader::key_element(const json::Value &value, const std::string &path) {
  if (const std::string *text = value.string()) {
    check_key_at(*text, path);
    return *text;
  }
  json::Shape shape(value, path, faults_);
  std::string name = key(shape);
  shape.finish();
  return name;
}

store::Operation OperationReader::operation(json::Shape &shape) {
  store::Operation operation;
  const std::string *op = shape.string("op");
  operation.key = key(shape);
  if (op != nullptr && *op == "delete") {
    operation.kind = store::Operation::Kind::kDelete;
  } else if (op != nullptr && *op == "put") {
    read_put(shape, operation);
  } else {
    shape.fault("op", "expected put or delete");
  }
  return operation;
}

void OperationReader::read_put(json::Shape &shape, store::Operation &operation) {
  operation.value = bytes(shape, "value");
  const uint64_t max = store_.facts().max_value;
  if (const auto fault = check_value(operation.value.size(), max)) {
    fail(fault->problem, shape.path("value"), fault->detail, max);
  }
  if (const std::string *type = shape.string("type")) {
    if (const auto wrong = check_type(*type)) shape.fault("type", *wrong);
    operation.type = *type;
  }
  read_ttl(shape, operation);
  read_meta(shape, operation);
}

void OperationReader::read_ttl(json::Shape &shape, store::Operation &operation) {
  const json::Value *ttl = shape.any("ttl");
  if (ttl == nullptr) return;
  std::string text;
  if (ttl->string() != nullptr) text = *ttl->string();
  if (ttl->integer() != nullptr) text = std::to_string(*ttl->integer());
  const auto expiry = parse_ttl(text, Units::kAny, store_.now_ms());
  if (!expiry) return shape.fault("ttl", "expected seconds above 0, a time as 30s, keep or none");
  operation.expiry = *expiry;
}

void OperationReader::read_meta(json::Shape &shape, store::Operation &operation) {
  const json::Value::Object *meta = shape.object("meta");
  if (meta == nullptr) return;
  for (const json::Member &member : *meta) {
    std::string name = member.name;
    std::transform(name.begin(), name.end(), name.begin(), to_lower);
    const std::string *value = member.value.string();
    if (value == nullptr) return shape.fault("meta." + member.name, "expected a string");
    operation.user.emplace_back(std::move(name), *value);
  }
  if (const auto wrong = check_user_meta(operation.user)) shape.fault("meta", *wrong);
}

}  // namespace navistore::api
