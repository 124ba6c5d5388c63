// SPDX-License-Identifier: Apache-2.0
#include "core/json/writer.hpp"

#include <doctest/doctest.h>

#include <string>

using navistore::json::Encoding;
using navistore::json::Writer;

TEST_SUITE_BEGIN("core/json");

TEST_CASE("writer: nesting, commas and every kind of value") {
  std::string out;
  Writer json(out);
  json.begin_object().member("a", 1).name("list").begin_array().null().boolean(true).real(0.25);
  json.begin_object().end_object().begin_array().end_array().end_array().member("z", "end");
  json.end_object();
  CHECK(out == R"({"a":1,"list":[null,true,0.25,{},[]],"z":"end"})");
}

TEST_CASE("writer: control characters, quotes and backslashes are escaped") {
  std::string out;
  Writer(out).string(std::string_view("\"\\\n\r\t\0\x1f/\x7f\xC3\xA9", 11));
  CHECK(out == "\"\\\"\\\\\\n\\r\\t\\u0000\\u001f/\x7f\xC3\xA9\"");
}

TEST_CASE("writer: each ASCII byte is escaped or not alike at every place of a word") {
  for (unsigned byte = 0; byte < 0x80; ++byte) {
    const char c = static_cast<char>(byte);
    const bool plain = byte >= 0x20 && c != '"' && c != '\\';
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, '~');
      text[at] = c;
      std::string alone;
      Writer(alone).string({&c, 1});
      std::string whole;
      Writer(whole).string(text);
      CHECK((alone.size() == 3) == plain);
      CHECK(whole == '"' + std::string(at, '~') + alone.substr(1, alone.size() - 2) +
                         std::string(19 - at, '~') + '"');
    }
  }
}

TEST_CASE("writer: bytes that are not UTF-8 never reach a JSON string") {
  std::string out;
  Writer(out).string("a\xFFz\xC3");
  CHECK(out == "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
}

TEST_CASE("writer: bytes are text where they can be, else base64 under the other name") {
  std::string out;
  Writer json(out);
  json.begin_object().bytes("value", "red", Encoding::kText).bytes("key", "\xFF", Encoding::kText);
  json.bytes("value", "red", Encoding::kBase64).bytes("key", "", Encoding::kText).end_object();
  CHECK(out == R"({"value":"red","key64":"/w==","value64":"cmVk","key":""})");
}

TEST_SUITE_END();
