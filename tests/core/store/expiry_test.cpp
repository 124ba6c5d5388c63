// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

size_t items_on_disk(Trial &trial) {
  const Lock lock(trial.mutex);
  return trial.disks["default"].items.size();
}

std::string found_due(Store &store, std::string_view after = {}) {
  ScanQuery range;
  range.start = after;
  range.start_bound = Bound::kExclusive;
  const auto due = store.find_due(range);
  if (!due) return due.error().message;
  switch (due.value().found) {
    case Due::Found::kNone: return "none";
    case Due::Found::kSome: return "some up to " + due.value().last_key;
    case Due::Found::kMore: break;
  }
  return "more behind " + due.value().last_key;
}

}  // namespace

TEST_SUITE("core/store/expiry") {
  TEST_CASE("expiry: an item is removed soon after it expired, and watchers hear of it") {
    ScratchDirectory directory;
    for (const host::Backend &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      auto store = open_store(backend, options_in(directory));
      auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
      const uint64_t soon = store->now_ms() + 50;
      commit(*store, put_until("a", "1", soon));
      commit(*store, put("b", "1"));
      std::string seen;
      REQUIRE(eventually([&] {
        for (const Notice &notice : watcher->take(10).notices) {
          seen += notice.event->key;
          seen += notice.event->kind == Event::Kind::kExpire ? "! " : " ";
        }
        return seen.size() >= 7;
      }));
      CHECK(seen == "a b a! ");
      CHECK(store->now_ms() >= soon);
      CHECK(store->stats().value().items == 1);
    }
  }

  TEST_CASE("expiry: where the backend cannot purge, the host removes what is due") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend(Trial::Offers::kNoUpkeep));
    const uint64_t far = store->now_ms() + 3'600'000;
    commit(*store, put("a", "1"));
    commit(*store, put_until("b", "1", store->now_ms() + 1));
    commit(*store, put_until("c", "1", far));
    REQUIRE(eventually([&] { return items_on_disk(trial) == 2; }));
    CHECK(dump(*store) == "a=1 c=1");
  }

  TEST_CASE("expiry: thousands that expire together go in pages, between which others write") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    const uint64_t soon = store->now_ms() + 300;
    std::atomic<int> answers{0};
    constexpr int kItems = 3'000;
    for (int i = 0; i < kItems; ++i) {
      store->submit(put_until(std::to_string(i), "v", soon),
                    [&](const CommitResult &) { ++answers; });
    }
    REQUIRE(eventually([&] { return answers == kItems; }));
    REQUIRE(eventually([&] { return items_on_disk(trial) == 0; }));
    const Lock lock(trial.mutex);
    size_t transactions = 0;
    for (const TrialDisk::Change &change : trial.disks["default"].changes) {
      const bool last = (change.flags & NAVI_CHANGE_LAST) != 0;
      if (last && (change.flags & NAVI_CHANGE_EXPIRED) != 0) ++transactions;
    }
    CHECK(transactions >= kItems / 256);
  }

  TEST_CASE("expiry: what was due before the store opened is removed") {
    Trial trial(NAVI_CAP_PERSISTENT);
    {
      auto store = open_store(Trial::backend());
      commit(*store, put("a", "1"));
    }
    {
      const Lock lock(trial.mutex);
      trial.disks["default"].items["a"].expires_ms = 1;
    }
    auto store = open_store(Trial::backend());
    CHECK(eventually([&] { return items_on_disk(trial) == 0; }));
  }

  TEST_CASE("expiry: what is due and not removed yet is found, a page at a time") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    std::promise<void> release;
    const auto gate = release.get_future().share();
    {
      const Lock lock(trial.mutex);
      trial.before_purge = [gate] { gate.wait(); };
    }
    CHECK(found_due(*store) == "none");
    const uint64_t written = commit(*store, put_until("b/t", "v", store->now_ms() + 1)).revision;
    REQUIRE(eventually([&] { return found_due(*store) == "some up to b/t"; }));
    CHECK(get(*store, "b/t") == "-");
    CHECK(store->feed().newest_under("b/") == written);
    {
      const Lock lock(trial.mutex);
      auto &items = trial.disks["default"].items;
      for (int i = 10'000; i < 15'000; ++i) items["a/" + std::to_string(i)] = {};
    }
    CHECK(found_due(*store) == "more behind a/14095");
    CHECK(found_due(*store, "a/14095") == "some up to b/t");
    CHECK(found_due(*store, "b/t") == "none");
    release.set_value();
    REQUIRE(eventually([&] { return store->feed().newest_under("b/") > written; }));
    REQUIRE(eventually([&] { return found_due(*store) == "none"; }));
  }

  TEST_CASE("history: changes beyond the wanted number are let go, none of the newest") {
    Trial trial(NAVI_CAP_PERSISTENT);
    StoreOptions options;
    options.history = 5;
    options.trim_every_ms = 10;
    auto store = open_store(Trial::backend(), options);
    for (int i = 0; i < 20; ++i) commit(*store, put("a", "v"));
    const auto trimmed = [&] {
      const Lock lock(trial.mutex);
      return trial.disks["default"].trimmed;
    };
    REQUIRE(eventually([&] { return trimmed() >= 15; }));
    commit(*store, put("a", "v"));  // the next round comes, too
    REQUIRE(eventually([&] { return trimmed() == 16; }));
  }

  TEST_CASE("expiry: an alarm rings at its time, and a destroyed one does not") {
    auto store = open_store(memory_backend());
    std::atomic<bool> rang{false};
    std::atomic<bool> wrong{false};
    const uint64_t soon = store->now_ms() + 20;
    auto ended = store->wake_at(soon, [&] { wrong = true; });
    ended.reset();
    const auto alarm = store->wake_at(soon, [&] { rang = true; });
    REQUIRE(eventually([&] { return rang.load(); }));
    CHECK(store->now_ms() >= soon);
    CHECK_FALSE(wrong);
  }
}

}  // namespace navistore::store
