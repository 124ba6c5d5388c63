// SPDX-License-Identifier: Apache-2.0
#include "core/api/list_query.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;
using navistore::store::Bound;
using navistore::store::Order;

namespace {

std::string shown(const Stretch &stretch) {
  if (stretch.content == Stretch::Content::kNothing) return "nothing";
  const char *open = stretch.bound == Bound::kExclusive ? "(" : "[";
  return open + stretch.start + "," + stretch.end + ")";
}

ListQuery query_of(std::string prefix, std::string start, std::string end, Order order) {
  ListQuery query;
  query.prefix = std::move(prefix);
  query.start = std::move(start);
  query.end = std::move(end);
  query.order = order;
  return query;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("list: the stretch is prefix, range and position together") {
  using Kind = Position::Kind;
  const Position begin;
  struct Row {
    ListQuery query;
    Position from;
    std::string_view want;
  };
  constexpr Order kUp = Order::kAscending;
  constexpr Order kDown = Order::kDescending;
  const Row rows[] = {
      {query_of("", "", "", kUp), begin, "[,)"},
      {query_of("app/", "", "", kUp), begin, "[app/,app0)"},
      {query_of("a\xFF", "", "", kUp), begin, "[a\xFF,b)"},
      {query_of("\xFF", "", "", kUp), begin, "[\xFF,)"},
      {query_of("b", "a", "c", kUp), begin, "[b,c)"},
      {query_of("b", "bb", "bd", kUp), begin, "[bb,bd)"},
      {query_of("b", "", "z", kUp), begin, "[b,c)"},
      {query_of("", "b", "a", kUp), begin, "nothing"},
      {query_of("", "a", "a", kUp), begin, "nothing"},
      {query_of("b", "", "a", kUp), begin, "nothing"},
      {query_of("a", "", "", kUp), {Kind::kKey, "a3"}, "(a3,b)"},
      {query_of("a", "", "", kUp), {Kind::kKey, "A"}, "[a,b)"},
      {query_of("a", "", "", kUp), {Kind::kKey, "b"}, "nothing"},
      {query_of("a", "", "", kUp), {Kind::kPrefix, "a/"}, "[a0,b)"},
      {query_of("", "", "", kUp), {Kind::kPrefix, "\xFF"}, "nothing"},
      {query_of("a", "", "", kDown), {Kind::kKey, "a3"}, "[a,a3)"},
      {query_of("a", "", "", kDown), {Kind::kKey, "z"}, "[a,b)"},
      {query_of("a", "", "", kDown), {Kind::kPrefix, "a/"}, "[a,a/)"},
      {query_of("", "", "", kDown), {Kind::kKey, ""}, "nothing"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.from.text);
    CHECK(shown(stretch_of(row.query, row.from)) == row.want);
  }
}

TEST_CASE("list: a cursor gives its position back, and nothing else is one") {
  for (const Position::Kind kind : {Position::Kind::kKey, Position::Kind::kPrefix}) {
    const Position position{kind, std::string("a\0\xFF/", 4)};
    const auto parsed = parse_cursor(cursor_of(position));
    REQUIRE(parsed);
    CHECK(parsed->kind == kind);
    CHECK(parsed->text == position.text);
  }
  for (const std::string_view cursor : {"", "!", "YQ==", "YQ"}) CHECK_FALSE(parse_cursor(cursor));
}

TEST_SUITE_END();
