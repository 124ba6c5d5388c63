// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sdk/conformance/config_keys.hpp"
#include "sdk/conformance/elf_file.hpp"
#include "sdk/conformance/markup.hpp"
#include "sdk/conformance/record.hpp"

namespace navistore::conformance {
namespace {

std::string wire(const std::string &nonce, char kind, const std::string &text) {
  char length[9];
  std::snprintf(length, sizeof length, "%08zx", text.size());
  return nonce + kind + length + text;
}

std::string parsed(const RecordParser &parser) {
  std::string text;
  for (const Record &record : parser.records()) {
    text += (text.empty() ? "" : " ") + std::string(1, static_cast<char>(record.kind)) + ":" +
            record.text;
  }
  return text;
}

}  // namespace

TEST_SUITE("sdk/conformance parts") {
  TEST_CASE("records: cut anywhere they are read the same") {
    const std::string stream = wire("abcd", 'F', "first") + wire("abcd", 'D', "7");
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      RecordParser parser("abcd");
      parser.feed(stream.substr(0, cut));
      parser.feed(stream.substr(cut));
      CHECK(parsed(parser) == "F:first D:7");
      CHECK(parser.done());
      CHECK(!parser.saw_foreign_bytes());
    }
  }

  TEST_CASE("records: without the nonce nothing counts") {
    RecordParser parser("abcd");
    parser.feed(wire("abce", 'D', "7"));
    CHECK(parsed(parser) == "");
    CHECK(!parser.done());
    CHECK(parser.saw_foreign_bytes());
  }

  TEST_CASE("records: foreign bytes between two are noticed and skipped") {
    RecordParser parser("abcd");
    parser.feed("noise" + wire("abcd", 'S', "x") + "more" + wire("abcd", 'D', "1"));
    CHECK(parsed(parser) == "S:x D:1");
    CHECK(parser.saw_foreign_bytes());
  }

  TEST_CASE("json_string: escapes, and replaces what is not UTF-8") {
    struct Row {
      const char *text, *json;
    };
    const Row rows[] = {{"", "\"\""},
                        {"a\"\\", "\"a\\\"\\\\\""},
                        {"\n\x01\x7f", "\"\\n\\u0001\\u007f\""},
                        {"\xC3\xA9\xE2\x82\xAC", "\"\xC3\xA9\xE2\x82\xAC\""},
                        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // overlong
                        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // surrogate
                        {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}};                 // cut off
    for (const Row &row : rows) CHECK(json_string(row.text) == row.json);
  }

  TEST_CASE("printable: nothing reaches a terminal that could control it") {
    CHECK(printable("a\x1b[31m\xff") == "a\\x1b[31m\\xff");
  }

  TEST_CASE("config_keys: one member at a time gets a wrong type") {
    CHECK(configs_with_wrong_type("{}").empty());
    CHECK(configs_with_wrong_type("[1]").empty());
    const auto changed = configs_with_wrong_type(R"({"a": {"x": [1, 2]}, "b,\"}": "t", "c": 3})");
    REQUIRE(changed.size() == 3);
    CHECK(changed[0] == R"({"a":[{}], "b,\"}": "t", "c": 3})");
    CHECK(changed[1] == R"({"a": {"x": [1, 2]}, "b,\"}":[{}], "c": 3})");
    CHECK(changed[2] == R"({"a": {"x": [1, 2]}, "b,\"}": "t", "c":[{}]})");
  }

  TEST_CASE("config_keys: a member is added first") {
    CHECK(config_with_member("{}", "k") == R"({"k": 1})");
    CHECK(config_with_member(R"({"a": 1})", "k") == R"({"k": 1, "a": 1})");
  }

  TEST_CASE("elf_file: names what a library exports") {
    ElfFacts facts;
    CHECK(read_elf(FAULTY_DIR "/libnavistore_faulty_extra_symbol.so", facts) == "");
    CHECK(facts.exported.size() == 2);
    CHECK(!facts.executable_stack);
    ElfFacts stack;
    CHECK(read_elf(FAULTY_DIR "/libnavistore_faulty_executable_stack.so", stack) == "");
    CHECK(stack.executable_stack);
    CHECK(read_elf("/etc/passwd", facts) != "");
  }
}

}  // namespace navistore::conformance
