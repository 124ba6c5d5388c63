// SPDX-License-Identifier: Apache-2.0
#include "transaction.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sanitizer.hpp"

using namespace navistore::memory;

namespace {

struct Bench {
  explicit Bench(uint64_t most_changes = 100) : writer(shared, most_changes, 100'000) {}

  Shared shared;
  Writer writer;
  Transaction::Steps steps;

  VersionPtr version(std::string_view value) {
    return {make_version(shared.slab, NAVI_CHANGE_PUT, value, {}), {&shared.slab}};
  }
  const Entry *entry(std::string_view key) { return writer.keyspace().table.find(key); }
};

}  // namespace

TEST_SUITE("plugins/memory/transaction") {
  TEST_CASE("transaction: what is not committed leaves no entry behind") {
    Bench bench;
    {
      Transaction committed(bench.writer, 0, bench.steps);
      committed.put("old", bench.version("1"));
      CHECK(committed.commit() == 1);
    }
    const Entry *old = bench.entry("old");
    {
      Transaction given_up(bench.writer, 0, bench.steps);
      given_up.put("old", bench.version("2"));
      given_up.put("new", bench.version("2"));
      given_up.put("newer", bench.version("2"));
      CHECK(bench.entry("new") != nullptr);
    }
    CHECK(bench.entry("new") == nullptr);
    CHECK(bench.entry("newer") == nullptr);
    CHECK(bench.entry("old") == old);
    CHECK(old->latest.load()->value() == "1");
    CHECK(bench.writer.revision() == 1);
  }

  TEST_CASE("transaction: large values do not pile up behind many small changes of the history") {
    Bench bench(100'000);
    Writer &writer = bench.writer;
    const auto put = [&](const std::string &key, size_t bytes) {
      Transaction transaction(writer, 0, bench.steps);
      transaction.put(key, bench.version(std::string(bytes, 'v')));
      transaction.commit();
    };
    for (int i = 0; i < 5'000; ++i) put("key" + std::to_string(i), 10);
    uint64_t most = 0;
    for (int i = 0; i < 40; ++i) {
      put("large", 65'536);
      most = std::max(most, writer.history().kept_bytes());
    }
    CHECK(most <= 20 * 65'536);
    CHECK(writer.history().kept_bytes() <= 100'000);
  }

  TEST_CASE("transaction: there is room in limbo for all that a large delete retires") {
    Bench bench(1'000);
    const auto commit = [&](const auto &change) {
      Transaction transaction(bench.writer, 0, bench.steps);
      change(transaction);
      transaction.commit();
    };
    const auto key = [](int i) { return "key" + std::to_string(i); };
    constexpr int kKeys = 1'024;  // that leave the history before they are deleted
    for (int i = 0; i < kKeys; ++i)
      commit([&](Transaction &to) { to.put(key(i), bench.version("v")); });
    for (int i = 0; i < 2'000; ++i)
      commit([&](Transaction &to) { to.put("other", bench.version("v")); });
    while (!bench.writer.limbo().empty()) bench.writer.collect(SIZE_MAX, Limbo::When::kNow);
    commit([&](Transaction &to) {
      for (int i = 0; i < kKeys; ++i) to.erase(key(i));
    });
    // Limbo asserts that there was room.
    CHECK(bench.entry(key(0))->latest.load()->kind() == NAVI_CHANGE_DELETE);
  }

  TEST_CASE("transaction: what a reader of the history holds of a cleared store is not freed") {
    Bench bench(1'000);
    Writer &writer = bench.writer;
    constexpr size_t kKeys = 100;
    for (size_t i = 0; i < kKeys; ++i) {
      Transaction transaction(writer, 0, bench.steps);
      transaction.put("key" + std::to_string(i), bench.version("v"));
      transaction.commit();
    }
    writer.clear();
    while (writer.limbo().ripe() == nullptr) writer.collect(0, Limbo::When::kNow);
    {
      const Readers::Pin pin(bench.shared.readers);
      std::vector<const Version *> held;
      writer.history().copy(0, kKeys, held);
      writer.limbo().reserve(2 * kKeys);
      writer.history().trim(writer.revision() + 1);
      CHECK(writer.drop_excess_changes(2 * kKeys));
      for (int round = 0; round < 9; ++round) writer.collect(SIZE_MAX, Limbo::When::kNow);
      REQUIRE(held.size() == kKeys);
      for (size_t i = 0; i < kKeys; ++i) {
        CHECK(held[i]->revision == i + 1);
        CHECK(held[i]->entry->key() == "key" + std::to_string(i));
      }
    }
    for (int round = 0; round < 9; ++round) writer.collect(SIZE_MAX, Limbo::When::kNow);
    CHECK(writer.limbo().empty());
  }

  TEST_CASE("transaction: the memory of keys that found no room is used again") {
    if (kAddressSanitizer) return;
    Bench bench;
    const void *first = nullptr;
    bool again = false;
    for (int i = 0; i < 10'000 && !again; ++i) {
      Transaction given_up(bench.writer, 0, bench.steps);
      const std::string key = "key" + std::to_string(i);
      given_up.put(key, bench.version("v"));
      if (first == nullptr) first = bench.entry(key);
      again = i != 0 && bench.entry(key) == first;
      bench.writer.collect(SIZE_MAX, Limbo::When::kNow);
    }
    CHECK(again);
  }
}
