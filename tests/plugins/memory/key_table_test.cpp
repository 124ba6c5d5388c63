// SPDX-License-Identifier: Apache-2.0
#include "key_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using namespace navistore::memory;

namespace {

// A key table beside the std::map that it must equal, with everything that goes to limbo freed.
class Table {
 public:
  ~Table() {
    for (const auto &[key, entry] : model_) free_entry(slab_, entry);
    free_ripe();
    free_ripe();
    free_ripe();
  }

  void insert(const std::string &key) {
    Entry *entry = make_entry(slab_, key, 1);
    table_.insert(entry);
    model_.emplace(key, entry);
    free_ripe();
  }

  void erase(const std::string &key) {
    const auto place = model_.find(key);
    table_.erase(place->second);
    free_entry(slab_, place->second);
    model_.erase(place);
  }

  uint32_t depth() const { return table_.depth(); }
  bool holds(const std::string &key) const { return model_.count(key) != 0; }

  // How many of the keys 0 to count - 1 the table knows otherwise than the model.
  int differences(int count) const {
    int differences = 0;
    for (int i = 0; i < count; ++i) {
      const auto place = model_.find(std::to_string(i));
      const Entry *wanted = place == model_.end() ? nullptr : place->second;
      if (table_.find(std::to_string(i)) != wanted) ++differences;
    }
    return differences;
  }

 private:
  void free_ripe() {
    limbo_.ripen(Limbo::When::kNow);
    for (const Retired *ripe = limbo_.ripe(); ripe != nullptr; ripe = limbo_.ripe()) {
      if (ripe->kind == Retired::kSegment) KeyTable::free_segment(slab_, ripe->what);
      if (ripe->kind == Retired::kDirectory) KeyTable::free_directory(ripe->what);
      limbo_.pop();
    }
  }

  Slab slab_;
  Readers readers_;
  Limbo limbo_{readers_};
  KeyTable table_{slab_, limbo_, {1, 2}};
  std::map<std::string, Entry *> model_;
};

}  // namespace

TEST_SUITE("plugins/memory/key_table") {
  TEST_CASE("key table: finds what was inserted, through many splits") {
    Table table;
    for (int i = 0; i < 50000; ++i) table.insert(std::to_string(i));
    CHECK(table.differences(50100) == 0);
  }

  TEST_CASE("key table: equals a map under random insertions and erasures") {
    Table table;
    std::mt19937 random(7);
    for (int i = 0; i < 200000; ++i) {
      const std::string key = std::to_string(random() % 5000);
      if (!table.holds(key)) {
        table.insert(key);
      } else {
        table.erase(key);
      }
    }
    CHECK(table.differences(5000) == 0);
  }

  TEST_CASE("key table: erased slots do not fill it up") {
    Table table;
    for (int i = 0; i < 100000; ++i) {
      table.insert(std::to_string(i));
      if (i >= 100) table.erase(std::to_string(i - 100));
    }
    CHECK(table.differences(100000) == 0);
    CHECK(table.depth() == 0);
  }
}

TEST_SUITE("plugins/memory/siphash") {
  // From CPython 3.11, whose hash of bytes is SipHash-1-3, with a seed of zero.
  TEST_CASE("siphash: equals another implementation") {
    const HashSeed zero{0, 0};
    std::string falling;
    for (int i = 255; i > 223; --i) falling += static_cast<char>(i);
    CHECK(siphash13(zero, "a") == 0x407448d2b89b1813u);
    CHECK(siphash13(zero, "12345678") == 0x3489982430560a87u);
    CHECK(siphash13(zero, "key:0000000123456") == 0x0bc8f75d1e4c7208u);
    CHECK(siphash13(zero, "xxxxxxxxxxxxxxx") == 0xd9623e714b290b4bu);
    CHECK(siphash13(zero, falling) == 0xbb6666c1a3ffba09u);
  }

  TEST_CASE("siphash: the seed matters") {
    CHECK(siphash13({1, 2}, "key") != siphash13({1, 3}, "key"));
    CHECK(siphash13({1, 2}, "key") != siphash13({2, 2}, "key"));
    CHECK(random_seed().k0 != random_seed().k0);
  }
}
