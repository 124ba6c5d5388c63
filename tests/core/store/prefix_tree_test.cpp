// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "core/store/prefix_tree.hpp"

namespace navistore::store {
namespace {

std::string random_text(std::mt19937_64 &random) {
  std::string out(random() % 6, '\0');
  for (char &byte : out) byte = static_cast<char>(random() % 3 == 0 ? 0xff : random() % 2);
  return out;
}

std::string prefixes_in_tree(PrefixTree<int> &tree, const std::string &key) {
  std::string out;
  tree.visit_prefixes_of(key, [&](int &value) {
    out += std::to_string(value) + " ";
    return true;
  });
  return out;
}

std::string prefixes_in_map(const std::map<std::string, int> &map, const std::string &key) {
  std::string out;
  for (size_t length = 0; length <= key.size(); ++length) {
    const auto found = map.find(key.substr(0, length));
    if (found != map.end()) out += std::to_string(found->second) + " ";
  }
  return out;
}

}  // namespace

TEST_SUITE("core/store/prefix_tree") {
  TEST_CASE("prefix tree: it agrees with a map over any bytes, also after removals") {
    std::mt19937_64 random(11);
    PrefixTree<int> tree;
    std::map<std::string, int> map;
    for (int step = 0; step < 50'000; ++step) {
      const std::string text = random_text(random);
      switch (random() % 3) {
        case 0: tree.at(text) = map[text] = step; break;
        case 1:
          tree.erase(text);
          map.erase(text);
          break;
        default: {
          const auto found = map.find(text);
          const int *value = tree.find(text);
          REQUIRE((value != nullptr) == (found != map.end()));
          if (value != nullptr) REQUIRE(*value == found->second);
          REQUIRE(prefixes_in_tree(tree, text) == prefixes_in_map(map, text));
        }
      }
    }
  }

  TEST_CASE("prefix tree: the visit stops when it is told to") {
    PrefixTree<int> tree;
    tree.at("") = 0;
    tree.at("a") = 1;
    tree.at("ab") = 2;
    int visits = 0;
    tree.visit_prefixes_of("abc", [&](int &value) {
      ++visits;
      return value < 1;
    });
    CHECK(visits == 2);
  }
}

}  // namespace navistore::store
