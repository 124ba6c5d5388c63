// SPDX-License-Identifier: Apache-2.0
#include "ordered_keys.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using namespace navistore::memory;

namespace {

std::string key_of(const Entry *entry) {
  return entry == nullptr ? "none" : std::string(entry->key());
}

class List {
 public:
  ~List() {
    while (Entry *entry = keys_.pop_front()) free_entry(slab_, entry);
  }

  void insert(const std::string &key) {
    Entry *entry = make_entry(slab_, key, keys_.random_height());
    keys_.insert(entry);
    model_.emplace(key, entry);
  }
  void erase(const std::string &key) {
    const auto place = model_.find(key);
    keys_.erase(place->second);
    free_entry(slab_, place->second);
    model_.erase(place);
  }
  bool holds(const std::string &key) const { return model_.count(key) != 0; }
  const OrderedKeys &keys() const { return keys_; }

  // "": the same keys in both directions, and the same neighbours of `key`.
  std::string differences(const std::string &key) const {
    const Entry *entry = keys_.at_or_after({});
    for (auto place = model_.begin(); place != model_.end(); ++place) {
      if (entry != place->second) return "forward at " + place->first;
      entry = keys_.next(*entry);
    }
    if (entry != nullptr) return "more than there is";
    entry = keys_.last();
    for (auto place = model_.rbegin(); place != model_.rend(); ++place) {
      if (entry != place->second) return "backward at " + place->first;
      entry = keys_.previous(*entry);
    }
    if (entry != nullptr) return "more than there is, backward";
    const auto at = model_.lower_bound(key);
    if (keys_.at_or_after(key) != at_or_none(at)) return "at or after " + key;
    if (keys_.after(key) != at_or_none(model_.upper_bound(key))) return "after " + key;
    const Entry *before = at == model_.begin() ? nullptr : std::prev(at)->second;
    return keys_.before(key) == before ? "" : "before " + key;
  }

 private:
  using Model = std::map<std::string, Entry *>;
  const Entry *at_or_none(Model::const_iterator place) const {
    return place == model_.end() ? nullptr : place->second;
  }

  Slab slab_;
  OrderedKeys keys_{slab_};
  Model model_;
};

}  // namespace

TEST_SUITE("plugins/memory/ordered_keys") {
  TEST_CASE("ordered keys: an empty list has no first, last or neighbour") {
    const List list;
    CHECK(list.differences("x") == "");
  }

  TEST_CASE("ordered keys: the order is that of unsigned bytes, the shorter first") {
    List list;
    for (const char *key : {"b", "a", "\x80", "\xff", "ab", "a\x01", "\x7f"}) list.insert(key);
    list.insert(std::string("a\0", 2));
    std::string order;
    for (const Entry *entry = list.keys().at_or_after({}); entry != nullptr;
         entry = list.keys().next(*entry)) {
      order += key_of(entry) + "|";
    }
    CHECK(order == std::string("a|a\0|a\x01|ab|b|\x7f|\x80|\xff|", 19));
  }

  TEST_CASE("ordered keys: equal a map under random insertions and erasures") {
    List list;
    std::mt19937 random(11);
    for (int i = 0; i < 6000; ++i) {
      const std::string key = std::to_string(random() % 700);
      if (!list.holds(key)) {
        list.insert(key);
      } else {
        list.erase(key);
      }
      if (i % 20 == 0) REQUIRE(list.differences(std::to_string(random() % 700)) == "");
    }
  }
}
