// SPDX-License-Identifier: Apache-2.0
#include "core/api/etag.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace navistore::api;

namespace {

constexpr Version kCurrent{0x7c1a, 42};
#define TAG "\"0000000000007c1a.42\""

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("etag: what is written reads back, in every form") {
  for (const Form form : {Form::kPlain, Form::kEnvelope, Form::kLines}) {
    const Version version{std::numeric_limits<uint64_t>::max(), 1};
    std::string text;
    append_etag(version, form, text);
    const auto tag = parse_tag(text);
    REQUIRE(tag);
    REQUIRE(tag->version);
    CHECK(tag->version->epoch == version.epoch);
    CHECK(tag->version->revision == 1);
    CHECK(tag->form == form);
  }
  CHECK(etag_text(kCurrent) == TAG);
}

TEST_CASE("etag: text that is not one of our versions is never read as one") {
  for (const std::string_view text :
       {"", "7c1a.42", "0000000000007c1a", "0000000000007c1a.", "0000000000007C1A.42",
        "0000000000007c1a.-1", "0000000000007c1a.+1", "0000000000007c1a.18446744073709551616",
        "0000000000007c1g.42", "0000000000007c1a.4 2", "0x00000000007c1a.42"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_version(text));
  }
}

TEST_CASE("etag: which field values are lists of tags") {
  struct Row {
    std::string_view list;
    bool good;
  };
  constexpr Row kRows[] = {
      {"*", true},
      {TAG, true},
      {"W/" TAG, true},
      {"\"\"", true},
      {"\"a\", \"b\"", true},
      {"\"a\",\"b\"", true},
      {", \"a\" ,,", true},
      {"\"a,b\"", true},
      {"", false},
      {",", false},
      {"abc", false},
      {"\"abc", false},
      {"abc\"", false},
      {"\"a\" \"b\"", false},
      {"*, \"a\"", false},
      {"\"a\", *", false},
      {"w/\"a\"", false},
      {"\"a b\"", false},
      {"W/", false},
      {"\"a\"x", false},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.list);
    CHECK(TagList(row.list).well_formed() == row.good);
  }
}

TEST_CASE("etag: If-Match compares strongly, If-None-Match weakly and by representation") {
  struct Row {
    std::string_view list;
    bool match, none_match;
  };
  constexpr Row kRows[] = {
      {"*", true, false},
      {TAG, true, false},
      {"\"x\", " TAG, true, false},
      {"W/" TAG, false, false},
      {"\"0000000000007c1a.42-j\"", true, true},
      {"\"0000000000007c1a.41\"", false, true},
      {"\"0000000000007c1b.42\"", false, true},
      {"\"42\"", false, true},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.list);
    CHECK(if_match_holds(row.list, kCurrent) == row.match);
    CHECK(if_none_match_holds(row.list, kCurrent, Form::kPlain) == row.none_match);
  }
  CHECK_FALSE(if_none_match_holds("\"0000000000007c1a.42-j\"", kCurrent, Form::kEnvelope));
}

TEST_SUITE_END();
