// SPDX-License-Identifier: Apache-2.0
#include "core/api/ttl.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace navistore::api;
using Kind = navistore::store::Expiry::Kind;

namespace {

std::string shown(std::string_view text, Units units) {
  const auto expiry = parse_ttl(text, units, 1000);
  if (!expiry) return "refused";
  if (expiry->kind == Kind::kNone) return "none";
  if (expiry->kind == Kind::kKeep) return "keep";
  return std::to_string(expiry->at_ms);
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("ttl: seconds in the header, units elsewhere, always above zero") {
  struct Row {
    std::string_view text;
    std::string header, query;
  };
  const Row rows[] = {
      {"60", "61000", "61000"},
      {"none", "none", "none"},
      {"keep", "keep", "keep"},
      {"1ms", "refused", "1001"},
      {"30s", "refused", "31000"},
      {"5m", "refused", "301000"},
      {"2h", "refused", "7201000"},
      {"1d", "refused", "86401000"},
      {"0", "refused", "refused"},
      {"0s", "refused", "refused"},
      {"-1", "refused", "refused"},
      {"1.5", "refused", "refused"},
      {"0x10", "refused", "refused"},
      {"", "refused", "refused"},
      {"s", "refused", "refused"},
      {"Keep", "refused", "refused"},
      {"1w", "refused", "refused"},
      {"9223372036854774", "9223372036854775000", "9223372036854775000"},
      {"9223372036854775", "refused", "refused"},
      {"18446744073709551616", "refused", "refused"},
      {"18446744073709551615d", "refused", "refused"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.text);
    CHECK(shown(row.text, Units::kSeconds) == row.header);
    CHECK(shown(row.text, Units::kAny) == row.query);
  }
}

TEST_SUITE_END();
