// SPDX-License-Identifier: Apache-2.0
#include "core/json/conformance_report.hpp"

#include <doctest/doctest.h>

using namespace navistore::json;

TEST_SUITE("core/json") {
  TEST_CASE("report: cases and dependencies are read, unknown members are ignored") {
    auto report = parse_conformance_report(
        R"({"harness":{"version":"1"},"more":1,"reason":"away","plugin":{"id":"i","version":"2",)"
        R"("flags":5,"changes":true,"watch":false,"upkeep":true},"results":[{"case":"C.a","state":"FAIL","message":"m"},)"
        R"({"case":"C.b","state":"PASS"}],"dependencies":[{"path":"/l.so"}]})");
    REQUIRE(report);
    CHECK(report.value().harness == R"({"version":"1"})");
    CHECK(report.value().reason == "away");
    CHECK(report.value().declared.id == "i");
    CHECK(report.value().declared.flags == 5);
    CHECK(report.value().declared.changes);
    CHECK_FALSE(report.value().declared.watch);
    REQUIRE(report.value().cases.size() == 2);
    CHECK(report.value().cases[0].name == "C.a");
    CHECK(report.value().cases[0].state == "FAIL");
    CHECK(report.value().cases[0].message == "m");
    CHECK(report.value().cases[1].message.empty());
    CHECK(report.value().dependencies.at(0).path == "/l.so");
  }

  TEST_CASE("report: what is no report is an error, never an empty report") {
    for (const char *text : {"", "[]", "{}", R"({"harness":1})", R"({"harness":1,"results":[{}]})",
                             R"({"harness":1,"results":[{"case":1,"state":"PASS"}]})"}) {
      CHECK_MESSAGE(!parse_conformance_report(text), text);
    }
  }

  TEST_CASE("pass: survives its text, bytes that are no UTF-8 included") {
    const Pass pass{{{"/l.so", "ab"}}, "{}", "<x/>", {"i", "2", 5, false, true, false}};
    auto again = parse_pass(to_json(pass));
    REQUIRE(again);
    CHECK(again.value().dependencies.at(0).path == "/l.so");
    CHECK(again.value().dependencies.at(0).build_id == "ab");
    CHECK(again.value().report_junit == "<x/>");
    CHECK(again.value().declared.version == "2");
    CHECK(again.value().declared.flags == 5);
    CHECK(again.value().declared.watch);
    CHECK(parse_pass(to_json(Pass{{}, "\xff", ""})));
  }

  TEST_CASE("canonical object: order and blanks do not count, other JSON is refused") {
    CHECK(canonical_object(R"( {"b": 1, "a":"x"} )").value() == R"({"a":"x","b":1})");
    CHECK_FALSE(canonical_object("[]"));
    CHECK_FALSE(canonical_object("{"));
    CHECK_FALSE(canonical_object(""));
  }
}
