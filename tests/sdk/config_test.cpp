// SPDX-License-Identifier: Apache-2.0
#include "navistore/config.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using navistore::backend::Config;
using navistore::backend::Failure;

namespace {

// What a backend with one setting of each type makes of `json`, as one line.
std::string read(const char *json) {
  try {
    Config config(json);
    std::string seen = "path=" + config.text("path", "default");
    seen += " limit=" + std::to_string(config.number("limit", 7, {1, 100}));
    seen += config.flag("fast", false) ? " fast" : " slow";
    seen += " mode=" + std::to_string(config.choice("mode", {"full", "normal"}, 0));
    config.finish();
    return seen;
  } catch (const Failure &failure) {
    CHECK(failure.status() == NAVI_INVALID);
    return failure.what();
  }
}

struct Row {
  const char *json, *want;
};

void check(const std::vector<Row> &rows) {
  for (const Row &row : rows) {
    CAPTURE(row.json);
    CHECK(read(row.json) == row.want);
  }
}

std::string text_of(const char *json) { return Config(json).text("s", ""); }

}  // namespace

TEST_SUITE("sdk/config") {
  TEST_CASE("config: what is not there has its default") {
    check({{nullptr, "path=default limit=7 slow mode=0"},
           {"", "path=default limit=7 slow mode=0"},
           {" {\t\r\n} ", "path=default limit=7 slow mode=0"},
           {R"({"path":"/x","limit":100,"fast":true,"mode":"normal"})",
            "path=/x limit=100 fast mode=1"},
           {R"( { "limit" : 1 , "fast" : false } )", "path=default limit=1 slow mode=0"}});
  }

  TEST_CASE("config: a wrong setting is refused by its name") {
    check({{R"({"limit":1,"speed":2})", "config: 'speed' is not a known key"},
           {R"({"limit":1,"limit":2})", "config: 'limit' occurs twice"},
           {R"({"li\u006dit":1,"limit":2})", "config: 'limit' occurs twice"},
           {R"({"limit":"1"})", "config: 'limit' must be a number"},
           {R"({"limit":true})", "config: 'limit' must be a number"},
           {R"({"path":1})", "config: 'path' must be a string"},
           {R"({"fast":"true"})", "config: 'fast' must be true or false"},
           {R"({"fast":1})", "config: 'fast' must be true or false"},
           {R"({"mode":"Full"})", "config: 'mode' must be one of: full, normal"},
           {R"({"fast":null})", "config: 'fast' must not be null"},
           {R"({"path":{"a":1}})", "config: 'path' must not be an object or an array"},
           {R"({"path":[]})", "config: 'path' must not be an object or an array"}});
  }

  TEST_CASE("config: a number is whole and within its range") {
    for (const char *value :
         {"0", "101", "-1", "-0", "1.0", "1e1", "1E+2", "18446744073709551616"}) {
      CAPTURE(value);
      CHECK(read((R"({"limit":)" + std::string(value) + "}").c_str()) ==
            "config: 'limit' must be a whole number from 1 to 100");
    }
    CHECK(Config(R"({"n":18446744073709551615})").number("n", 0, {0, UINT64_MAX}) == UINT64_MAX);
  }

  TEST_CASE("config: text that is not a JSON object is refused with the place") {
    check({{" ", "config: not a JSON object: at byte 1: expected an object"},
           {"[]", "config: not a JSON object: at byte 0: expected an object"},
           {"{", "config: not a JSON object: at byte 1: expected a string"},
           {"{}x", "config: not a JSON object: at byte 2: expected the end of the text"},
           {R"({"fast":true,})", "config: not a JSON object: at byte 13: expected a string"},
           {R"({"fast" true})", "config: not a JSON object: at byte 8: expected ':'"},
           {R"({"fast":true "x"})", "config: not a JSON object: at byte 13: expected ',' or '}'"},
           {R"({"fast":truely})", "config: not a JSON object: at byte 14: expected a value"},
           {R"({"fast":})", "config: not a JSON object: at byte 8: expected a value"},
           {R"({'fast':true})", "config: not a JSON object: at byte 1: expected a string"},
           {R"({"limit":01})", "config: not a JSON object: at byte 10: expected ',' or '}'"},
           {R"({"limit":1.})", "config: not a JSON object: at byte 11: expected a digit"},
           {R"({"limit":-})", "config: not a JSON object: at byte 10: expected a digit"},
           {R"({"limit":1e})", "config: not a JSON object: at byte 11: expected a digit"},
           {R"({"path":"x)", "config: not a JSON object: at byte 10: expected more"},
           {"{\"path\":\"\n\"}",
            "config: not a JSON object: at byte 10: expected no control character"}});
  }

  TEST_CASE("config: strings are unescaped") {
    CHECK(text_of(R"({"s":"\"\\\/\b\f\n\r\t"})") == "\"\\/\b\f\n\r\t");
    CHECK(text_of(R"({"s":"\u0041\u00e9\u20AC\ud83d\ude00"})") ==
          "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK(text_of("{\"s\":\"\xc3\xa9\"}") == "\xc3\xa9");
    for (const char *bad : {R"({"s":"\x"})", R"({"s":"\u12g4"})", R"({"s":"\u0000"})",
                            R"({"s":"\ud800"})", R"({"s":"\ud800\u0041"})", R"({"s":"\udc00"})"}) {
      CAPTURE(bad);
      CHECK_THROWS_AS(text_of(bad), Failure);
    }
  }
}
