// SPDX-License-Identifier: Apache-2.0
#include "core/classic/target.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using navistore::classic::key_of;

TEST_SUITE("core/classic") {
  TEST_CASE("target: the key is the first segment, decoded once") {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"/a", "a"},       {"/a/b", "a"}, {"/", ""},     {"//a", ""},      {"/a%2Fb", "a/b"},
        {"/%2541", "%41"}, {"/%", "%"},   {"/%4", "%4"}, {"/%zz", "%zz"},  {"/%4z%41", "%4zA"},
        {"/..", ".."},     {"/+", "+"},   {"*", "*"},    {"/%C3%A9", "é"}, {"/a%00b", {"a\0b", 3}},
    };
    for (const auto &[target, key] : rows) {
      const std::string path(target);
      CAPTURE(path);
      CHECK(key_of(path) == key);
    }
  }
}
