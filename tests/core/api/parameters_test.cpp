// SPDX-License-Identifier: Apache-2.0
#include "core/api/parameters.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;

namespace {

// What a resource that knows a, n (1 to 9) and f makes of a query.
std::string taken(std::optional<std::string_view> query) {
  Parameters parameters(query);
  const auto a = parameters.take("a");
  const auto n = parameters.take_number("n", 1, 9);
  const bool f = parameters.take_flag("f");
  if (const auto fault = parameters.finish()) {
    return std::string(kind_of(fault->problem).name) + ": " + fault->detail;
  }
  std::string text = a ? "a=" + std::string(*a) : "";
  if (n) text += " n=" + std::to_string(*n);
  return f ? text + " f" : text;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("parameters: values are decoded once, and anything unexpected is refused by name") {
  struct Row {
    std::optional<std::string_view> query;
    std::string_view want;
  };
  const Row rows[] = {
      {std::nullopt, ""},
      {"", ""},
      {"&&", ""},
      {"a=1&n=2&f=true", "a=1 n=2 f"},
      {"a=x+y%2Bz%3D", "a=x y+z="},
      {"a==", "a=="},
      {"a", "a="},
      {"%61=1", "a=1"},
      {"f=false", ""},
      {"cas=42", "unknown-parameter: this resource has no query parameter 'cas'"},
      {"A=1", "unknown-parameter: this resource has no query parameter 'A'"},
      {"a=1&a=1", "bad-request: query parameter 'a' was given twice"},
      {"a=%4", "bad-request: query parameter 'a': '%' must be followed by two hex digits"},
      {"n=0", "bad-request: n: expected a number from 1 to 9"},
      {"n=10", "bad-request: n: expected a number from 1 to 9"},
      {"n=1x", "bad-request: n: expected a number from 1 to 9"},
      {"n=", "bad-request: n: expected a number from 1 to 9"},
      {"f", "bad-request: f: expected true or false"},
      {"f=1", "bad-request: f: expected true or false"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.want);
    CHECK(taken(row.query) == row.want);
  }
}

TEST_SUITE_END();
