// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "core/json/shape.hpp"
#include "core/json/value.hpp"

using navistore::json::Faults;
using navistore::json::parse;
using navistore::json::Shape;
using navistore::json::Value;

namespace {

std::string show(const Value &value);

std::string show_object(const Value::Object &object) {
  std::string out = "{";
  for (const auto &member : object) out += member.name + ":" + show(member.value) + " ";
  return out + "}";
}

std::string show(const Value &value) {
  if (value.is_null()) return "null";
  if (value.boolean() != nullptr) return *value.boolean() ? "true" : "false";
  if (value.integer() != nullptr) return std::to_string(*value.integer());
  if (value.string() != nullptr) return "'" + *value.string() + "'";
  if (value.object() != nullptr) return show_object(*value.object());
  if (value.array() == nullptr) return "number";
  std::string out = "[";
  for (const Value &item : *value.array()) out += show(item) + " ";
  return out + "]";
}

std::string parsed(std::string_view text) {
  const auto value = parse(text);
  return value ? show(value.value()) : "refused";
}

}  // namespace

TEST_SUITE_BEGIN("core/json");

TEST_CASE("parse: every type comes back, members in the order of the text") {
  CHECK(
      parsed(R"( {"b":[1,-2,0.5,18446744073709551615],"a":{"x":null,"y":true},"":"\u00e9\n"} )") ==
      "{b:[1 number number 18446744073709551615 ] a:{x:null y:true } :'\xC3\xA9\n' }");
}

TEST_CASE("parse: what is not exactly one JSON document is refused") {
  for (const std::string_view text :
       {"", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "nul", "1 2", "{} x", "\"\xFF\"", "\"a\nb\"",
        "\"\\ud800\"", "01", "1e999", "[1", "NaN", "// c\n1", "\xEF\xBB\xBF{}"}) {
    CAPTURE(text);
    CHECK(parsed(text) == "refused");
  }
}

TEST_CASE("parse: a name twice in one object is refused by name") {
  const auto twice = parse(R"({"a":[{"k":1,"b":2,"k":1}]})");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message == "the member \"k\" occurs twice in one object");
  CHECK(parsed(R"([{"k":1},{"k":1}])") == "[{k:1 } {k:1 } ]");
}

TEST_CASE("parse: depth and number of values are bounded") {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  CHECK(parse(deep).ok());
  const auto deeper = parse("[" + deep + "]");
  REQUIRE_FALSE(deeper);
  CHECK(deeper.error().message == "nested too deeply");
  CHECK(parse("[1,2]", {32, 3}).ok());
  const auto many = parse("[1,2,3]", {32, 3});
  REQUIRE_FALSE(many);
  CHECK(many.error().message == "more than 3 values");
}

TEST_CASE("shape: the first mismatch is named by its path") {
  const Value value = parse(R"({"do":[{"value":5,"n":-1,"ok":1,"extra":0}]})").value();
  Faults faults;
  Shape root(value, "", faults);
  const Value::Array *list = root.array("do");
  REQUIRE(list != nullptr);
  Shape item(list->front(), "do[0]", faults);
  CHECK(item.string("value") == nullptr);
  CHECK(item.integer("n") == std::nullopt);
  CHECK(faults.text() == "do[0].value: expected a string");
}

TEST_CASE("shape: each kind of mismatch has its words") {
  const Value value = parse(R"({"s":5,"n":-1,"b":1,"a":{},"o":[],"extra":0})").value();
  const auto fault_of = [&](auto read) {
    Faults faults;
    Shape shape(value, "x", faults);
    read(shape);
    return faults.text();
  };
  CHECK(fault_of([](Shape &s) { s.integer("n"); }) ==
        "x.n: expected a whole number that is not negative");
  CHECK(fault_of([](Shape &s) { s.boolean("b"); }) == "x.b: expected true or false");
  CHECK(fault_of([](Shape &s) { s.array("a"); }) == "x.a: expected an array");
  CHECK(fault_of([](Shape &s) { s.object("o"); }) == "x.o: expected an object");
  CHECK(fault_of([](Shape &s) {
          for (const char *name : {"s", "n", "b", "a", "o"}) s.any(name);
          s.finish();
        }) == "x.extra: unknown member");
  Faults faults;
  Shape(Value(), "", faults).finish();
  CHECK(faults.text() == "the document: expected an object");
}

TEST_SUITE_END();
