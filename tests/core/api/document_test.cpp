// SPDX-License-Identifier: Apache-2.0
#include "core/api/document.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace navistore::api;

namespace {

std::string text_or_fault(const navistore::Result<std::string> &document) {
  return document ? document.value() : "refused: " + document.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("as=json: names nest at '/', and joining them gives each key back") {
  CHECK(text_or_fault(render_json({})) == "{}\n");
  CHECK(text_or_fault(render_json({{"color", "red", "text/plain"},
                                   {"db/host", "x\"y", ""},
                                   {"db/port", "5432", "application/json"},
                                   {"db/tags", "[1, 2]", "application/vnd.x+json; a=b"},
                                   {"db/torn", "[1", "application/json"}})) ==
        R"({"color":"red","db":{"host":"x\"y","port":5432,"tags":[1, 2],"torn":"[1"}})"
        "\n");
}

TEST_CASE("as=json: a key that is also a parent keeps its value beside the longer names") {
  CHECK(text_or_fault(render_json({{"a", "1", ""}, {"a/b", "2", ""}, {"a/b/c", "3", ""}})) ==
        R"({"a":"1","a/b":"2","a/b/c":"3"})"
        "\n");
  CHECK(text_or_fault(render_json({{"", "0", ""},
                                   {"/x", "1", ""},
                                   {"a/", "2", ""},
                                   {"a//b", "3", ""},
                                   {"a/c/d", "4", ""}})) ==
        R"({"":"0","/x":"1","a":{"":"2","/b":"3","c":{"d":"4"}}})"
        "\n");
}

TEST_CASE("as=json: it nests 64 levels deep, deeper names stay joined") {
  std::string name;
  for (int i = 0; i < 70; ++i) name += "n/";
  const std::string text = text_or_fault(render_json({{name + "x", "1", ""}}));
  CHECK(std::count(text.begin(), text.end(), '{') == 65);
  CHECK(text.find("{\"n/n/n/n/n/n/x\":\"1\"}") != std::string::npos);
}

TEST_CASE("as=env: a shell reads back what was stored") {
  CHECK(text_or_fault(render_env({{"db/host-name", "a.example:1", ""},
                                  {"1st", "it's $HOME `x`\n", ""},
                                  {"empty", "", ""}})) ==
        "DB_HOST_NAME=a.example:1\n_1ST='it'\\''s $HOME `x`\n'\nEMPTY=\n");
  CHECK(text_or_fault(render_env({{"a/b", "1", ""}, {"a_b", "2", ""}})) ==
        "refused: 'a/b' and 'a_b' are both 'A_B'");
  CHECK(text_or_fault(render_env({{"a", std::string("x\0", 2), ""}})) ==
        "refused: the value of 'a' holds a NUL");
}

TEST_CASE("as=properties: java.util.Properties reads back what was stored") {
  CHECK(text_or_fault(render_properties({{"db/host name", "  a=b", ""},
                                         {"k:#!", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\\", ""},
                                         {"n", "1\n2\t\f\x01", ""}})) ==
        "db.host\\ name=\\  "
        "a\\=b\nk\\:\\#\\!=\\u00e9\\u20ac\\ud83d\\ude00\\\\\nn=1\\n2\\t\\f\\u0001\n");
  CHECK(text_or_fault(render_properties({{"a.b", "1", ""}, {"a/b", "2", ""}})) ==
        "refused: 'a.b' and 'a/b' are both 'a.b'");
}

TEST_SUITE_END();
