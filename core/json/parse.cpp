// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/json/value.hpp"

namespace navistore::json {
namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 2: what": we want the rest.
std::string plain_message(std::string_view message) {
  const size_t bracket = message.find("] ");
  if (bracket != std::string_view::npos) message.remove_prefix(bracket + 2);
  return std::string(message);
}

// Builds the tree from the parser's events. Returning false ends the parse.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(const Limits &limits) : limits_(limits) {}

  Value take_root() { return std::move(root_); }
  const std::string &failure() const { return failure_; }

  bool null() override { return leaf(nullptr); }
  bool boolean(bool value) override { return leaf(value); }
  bool number_unsigned(uint64_t value) override { return leaf(value); }
  bool number_integer(int64_t value) override { return leaf(value); }
  bool number_float(double value, const std::string &) override { return leaf(value); }
  bool string(std::string &value) override { return leaf(std::move(value)); }
  bool binary(binary_t &) override { return fail("binary values are not JSON"); }
  bool start_array(size_t) override { return open(Value::Array()); }
  bool end_array() override { return close(); }
  bool start_object(size_t) override { return open(Value::Object()); }
  bool end_object() override { return check_names() && close(); }
  bool key(std::string &name) override {
    open_.back()->object()->push_back({std::move(name), Value()});
    return true;
  }
  bool parse_error(size_t, const std::string &, const nlohmann::detail::exception &e) override {
    return fail(plain_message(e.what()));
  }

 private:
  bool fail(std::string message) {
    failure_ = std::move(message);
    return false;
  }
  bool leaf(Value::Data data) { return place(std::move(data)) != nullptr; }
  bool open(Value::Data data) {
    if (open_.size() == limits_.depth) return fail("nested too deeply");
    Value *container = place(std::move(data));
    if (container != nullptr) open_.push_back(container);
    return container != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // Where the next value belongs. A container's own place stays valid while it is open, since its
  // parent does not grow meanwhile.
  Value *place(Value::Data data) {
    if (++count_ > limits_.values) {
      fail("more than " + std::to_string(limits_.values) + " values");
      return nullptr;
    }
    if (open_.empty()) {
      root_ = Value(std::move(data));
      return &root_;
    }
    if (Value::Array *array = open_.back()->array()) {
      array->push_back(Value(std::move(data)));
      return &array->back();
    }
    Member &member = open_.back()->object()->back();
    member.value = Value(std::move(data));
    return &member.value;
  }
  bool check_names() {
    const Value::Object &members = *open_.back()->object();
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const Member &member : members) names.push_back(member.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return true;
    return fail("the member \"" + std::string(*twice) + "\" occurs twice in one object");
  }

  const Limits limits_;
  Value root_;
  std::vector<Value *> open_;
  size_t count_ = 0;
  std::string failure_;
};

}  // namespace

Result<Value> parse(std::string_view text, const Limits &limits) {
  // The parser would skip a byte order mark, and who gets the text as it is would not.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return Error{Code::kInvalid, "a byte order mark"};
  TreeBuilder builder(limits);
  const bool whole = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (whole) return builder.take_root();
  return Error{Code::kInvalid, builder.failure()};
}

}  // namespace navistore::json
