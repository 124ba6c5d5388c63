// SPDX-License-Identifier: Apache-2.0
// Two servers on one SHARED backend.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

constexpr uint64_t kShared = NAVI_CAP_PERSISTENT | NAVI_CAP_SHARED;
constexpr uint64_t kNever = 24 * 3'600 * 1'000;

StoreOptions polled(uint64_t every_ms) {
  StoreOptions options;
  options.poll_every_ms = every_ms;
  return options;
}

std::unique_ptr<Watcher> watch_all(Store &store) {
  return store.feed().watch({{Interest::Kind::kPrefix, ""}, store.revision()}, [] {});
}

// The values that a watcher is told, until it has heard `last`.
std::string told_until(Watcher &watcher, const std::string &last) {
  std::string told;
  const bool heard = eventually([&] {
    for (const Notice &notice : watcher.take(100).notices) told += notice.event->value + " ";
    return told.size() > last.size() && told.find(last + " ") != std::string::npos;
  });
  return heard ? told : told + "and no more";
}

void hold_clears(Trial &trial, bool held) {
  const Lock lock(trial.mutex);
  trial.clears_held = held;
  trial.changed.notify_all();
}

bool waits(Trial &trial) {
  const Lock lock(trial.mutex);
  return trial.waiting != 0;
}

bool all_asked_past(Trial &trial, uint64_t revision) {
  const Lock lock(trial.mutex);
  return std::all_of(trial.tails.begin(), trial.tails.end(),
                     [&](const auto &tail) { return tail.second >= revision; });
}

bool ends_as(Watcher &watcher, Watcher::State state) {
  return eventually([&] { return watcher.take(100).state == state; });
}

}  // namespace

TEST_SUITE("core/store/shared") {
  TEST_CASE("shared: with a bell, each server hears what both commit, once and in order") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(), polled(kNever));
    auto other = open_store(Trial::backend(), polled(kNever));
    auto at_one = watch_all(*one);
    auto at_other = watch_all(*other);
    std::string all;
    for (int i = 0; i < 50; ++i) {
      commit(i % 2 == 0 ? *one : *other, put("k" + std::to_string(i % 3), std::to_string(i)));
      all += std::to_string(i) + " ";
    }
    CHECK(told_until(*at_one, "49") == all);
    CHECK(told_until(*at_other, "49") == all);
    CHECK(one->feed().newest_under("k") == other->revision());
    CHECK(dump(*one) == dump(*other));
  }

  TEST_CASE("shared: without a bell, what the other server commits is polled for") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(Trial::Offers::kNoBell), polled(5));
    auto other = open_store(Trial::backend(Trial::Offers::kNoBell), polled(5));
    auto watcher = watch_all(*one);
    for (const char *value : {"first", "second"}) {
      commit(*other, put("a", value));
      CHECK(told_until(*watcher, value) == std::string(value) + " ");
    }
  }

  TEST_CASE("shared: where no changes are kept, it is known that there were some") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(Trial::Offers::kStoreOnly), polled(5));
    auto other = open_store(Trial::backend(Trial::Offers::kStoreOnly), polled(5));
    auto watcher = watch_all(*one);
    const uint64_t revision = commit(*other, put("a", "1")).revision;
    CHECK(ends_as(*watcher, Watcher::State::kCursorGone));
    CHECK(one->feed().newest_under("a") == revision);
    CHECK(one->revision() == revision);
  }

  TEST_CASE("shared: changes that were trimmed before they were read end the watchers") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(Trial::Offers::kNoBell), polled(kNever));
    auto other = open_store(Trial::backend(Trial::Offers::kNoBell), polled(kNever));
    auto watcher = watch_all(*one);
    commit(*other, put("a", "1"));
    const uint64_t lost = commit(*other, put("a", "2")).revision;
    {
      const Lock lock(trial.mutex);
      trial.disks["default"].trimmed = lost;
    }
    commit(*one, put("a", "3"));  // asks for the changes
    CHECK(ends_as(*watcher, Watcher::State::kCursorGone));
    auto fresh = watch_all(*one);
    commit(*one, put("a", "4"));
    CHECK(told_until(*fresh, "4") == "4 ");
  }

  TEST_CASE("shared: a reset ends the watchers of every server, and all take the new epoch") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(), polled(kNever));
    auto other = open_store(Trial::backend(), polled(kNever));
    const uint64_t before = one->epoch();
    CHECK(other->epoch() == before);
    commit(*one, put("a", "1"));
    auto at_one = watch_all(*one);
    auto at_other = watch_all(*other);
    one->reset([](const Result<uint64_t> &done) { CHECK(done.ok()); });
    CHECK(ends_as(*at_one, Watcher::State::kReset));
    CHECK(ends_as(*at_other, Watcher::State::kReset));
    CHECK(eventually([&] { return other->epoch() != before && other->epoch() == one->epoch(); }));
    CHECK(dump(*other).empty());
    auto fresh = watch_all(*other);
    commit(*one, put("a", "2"));
    CHECK(told_until(*fresh, "2") == "2 ");
  }

  TEST_CASE("shared: a reset does not make the feed forget what came after the clear") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(), polled(kNever));
    auto other = open_store(Trial::backend(), polled(kNever));
    commit(*one, put("a", "1"));
    hold_clears(trial, true);
    one->reset([](const Result<uint64_t> &done) { CHECK(done.ok()); });
    CHECK(eventually([&] { return waits(trial); }));
    const uint64_t after = commit(*other, put("a", "2")).revision;
    CHECK(eventually([&] { return all_asked_past(trial, after); }));
    hold_clears(trial, false);
    CHECK(eventually([&] { return one->epoch() == other->epoch(); }));
    CHECK(eventually([&] { return one->feed().newest_under("a") == after; }));
    CHECK(eventually([&] { return other->feed().newest_under("a") == after; }));
  }

  TEST_CASE("shared: after a reset no server gives what was before, and each what came after") {
    Trial trial(kShared | NAVI_CAP_FULL_HISTORY);
    auto one = open_store(Trial::backend(), polled(kNever));
    auto other = open_store(Trial::backend(), polled(kNever));
    for (int i = 0; i < 1'500; ++i) commit(*one, put("a", "old"));  // pages of 512
    hold_clears(trial, true);
    one->reset([](const Result<uint64_t> &done) { CHECK(done.ok()); });
    CHECK(eventually([&] { return waits(trial); }));
    const uint64_t after = commit(*other, put("a", "new")).revision;
    const uint64_t before = other->epoch();
    hold_clears(trial, false);
    CHECK(eventually([&] { return other->epoch() != before && one->epoch() == other->epoch(); }));
    auto late = open_store(Trial::backend(), polled(kNever));
    for (Store *store : {one.get(), other.get(), late.get()}) {
      CHECK(eventually([&] { return store->feed().newest() == after; }));
      auto oldest = store->feed().watch({{Interest::Kind::kPrefix, ""}, 0}, [] {});
      const Watcher::Taken taken = oldest->take(10);
      CHECK(taken.notices.empty());
      CHECK(taken.state == Watcher::State::kReset);
      CHECK(taken.cursor == after - 1);
      auto next = store->feed().watch({{Interest::Kind::kPrefix, ""}, taken.cursor}, [] {});
      CHECK(told_until(*next, "new") == "new ");
    }
  }

  TEST_CASE("shared: an epoch that another server made is taken, with a bell or without") {
    for (const auto offers : {Trial::Offers::kEverything, Trial::Offers::kNoBell}) {
      Trial trial(kShared);
      const bool rings = offers == Trial::Offers::kEverything;
      auto one = open_store(Trial::backend(offers), polled(rings ? kNever : 5));
      const uint64_t revision = commit(*one, put("a", "1")).revision;
      auto watcher = watch_all(*one);
      trial.write_epoch("00000000000000ab");
      CHECK(ends_as(*watcher, Watcher::State::kReset));
      CHECK(one->epoch() == 0xab);
      auto fresh = watch_all(*one);  // is of the new one, and stays
      commit(*one, put("a", "2"));
      CHECK(told_until(*fresh, "2") == "2 ");
      CHECK(one->feed().newest_under("a") > revision);
    }
  }

  TEST_CASE("shared: of two servers that make the first epoch at once, both take the one kept") {
    Trial trial(kShared);
    {
      const Lock lock(trial.mutex);
      trial.meddled = "default-system";
      trial.meddle = [](TrialDisk &disk) {
        TrialDisk::Item theirs;
        theirs.value = "00000000000000ab";
        theirs.revision = ++disk.revision;
        disk.items["epoch"] = theirs;
      };
    }
    auto late = open_store(Trial::backend());
    CHECK(late->epoch() == 0xab);
    CHECK(open_store(Trial::backend())->epoch() == 0xab);
  }

  TEST_CASE("shared: a read tells the newest revision that it saw") {
    Trial trial(kShared);
    auto one = open_store(Trial::backend(Trial::Offers::kNoBell), polled(kNever));
    auto other = open_store(Trial::backend(Trial::Offers::kNoBell), polled(kNever));
    const uint64_t revision = commit(*other, put("a", "1")).revision;
    CHECK(get(*one, "a") == "1");
    CHECK(one->revision() == revision);
  }
}

}  // namespace navistore::store
