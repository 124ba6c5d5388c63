// SPDX-License-Identifier: Apache-2.0
#include "core/json/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using navistore::json::utf8_prefix;

TEST_SUITE_BEGIN("core/json");

TEST_CASE("utf8: the longest well-formed prefix is found at every offset") {
  struct Row {
    std::string_view text;
    size_t good;
  };
  constexpr Row kRows[] = {
      {"", 0},
      {"plain", 5},
      {"\xC3\xA9", 2},
      {"\xE2\x82\xAC", 3},
      {"\xF0\x9F\x98\x80", 4},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xC0\x80", 0},          // overlong
      {"\xE0\x9F\xBF", 0},      // overlong
      {"\xF0\x8F\xBF\xBF", 0},  // overlong
      {"\xED\xA0\x80", 0},      // surrogate
      {"\xF4\x90\x80\x80", 0},  // above U+10FFFF
      {"\xE2\x82", 0},          // cut
      {"\x80", 0},
      {"\xFF", 0},
      {"ok\xC3", 2},
  };
  for (const Row &row : kRows) {
    for (size_t offset = 0; offset < 17; ++offset) {
      CAPTURE(offset);
      const std::string text = std::string(offset, 'x') + std::string(row.text);
      CHECK(utf8_prefix(text) == offset + row.good);
    }
  }
}

TEST_SUITE_END();
