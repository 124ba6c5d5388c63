// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

#include "core/store/change_feed.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

const Interest kAll{Interest::Kind::kPrefix, ""};

std::string text(Watcher::State state) {
  switch (state) {
    case Watcher::State::kOpen: return "";
    case Watcher::State::kOverflow: return "overflow ";
    case Watcher::State::kCursorGone: return "gone ";
    case Watcher::State::kReset: return "reset ";
    case Watcher::State::kClosed: break;
  }
  return "closed ";
}

// Takes until nothing comes any more up to the store's revision, or the watcher ends:
// "a=1 b=2| c=3|", where | ends a transaction and - is a delete, ! an expiry.
std::string follow(Watcher &watcher, uint64_t through) {
  std::string out;
  const bool arrived = eventually([&] {
    const Watcher::Taken taken = watcher.take(3);
    for (const Notice &notice : taken.notices) {
      const Event &event = *notice.event;
      if (!out.empty()) out += ' ';
      out += event.key;
      if (event.kind == Event::Kind::kPut) out += "=" + event.value;
      if (event.kind == Event::Kind::kDelete) out += "-";
      if (event.kind == Event::Kind::kExpire) out += "!";
      if (notice.place == Event::Place::kLast) out += '|';
    }
    out += text(taken.state);
    return taken.state != Watcher::State::kOpen ||
           (taken.rest == Watcher::Taken::Rest::kNone && taken.cursor >= through);
  });
  return arrived ? out : out + " (timeout)";
}

Transaction both(Transaction first, const Transaction &second) {
  first.operations.push_back(second.operations[0]);
  return first;
}

constexpr int kSeveralPages = 1'500;  // changes: kHistoryAtOnce is 512

void put_and_delete(Store &store, int left = 1) {
  for (int i = 0; i < kSeveralPages / 2; ++i) commit(store, put("k" + std::to_string(i), "old"));
  for (int i = left; i < kSeveralPages / 2; ++i) commit(store, remove("k" + std::to_string(i)));
}

// The revision of the clear.
uint64_t reset(Store &store) {
  std::atomic<uint64_t> cleared{0};
  store.reset([&](const Result<uint64_t> &revision) {
    if (revision.ok()) cleared = revision.value();
  });
  REQUIRE(eventually([&] { return cleared != 0; }));
  return cleared;
}

// What a watcher gets from a cursor on, and where it ends: "reset @7".
std::string ending(Store &store, uint64_t since) {
  auto watcher = store.feed().watch({kAll, since}, [] {});
  std::string out = follow(*watcher, store.revision());
  return out + "@" + std::to_string(watcher->take(1).cursor);
}

// That the store shows nothing from before the clear, and `after` behind it.
void check_beginning(Store &store, uint64_t cleared) {
  const std::string told = "reset @" + std::to_string(cleared);
  for (const uint64_t since : {uint64_t{0}, cleared / 2, cleared - 1}) {
    CAPTURE(since);
    CHECK(ending(store, since) == told);
  }
  CHECK(ending(store, cleared) == "after=1|@" + std::to_string(cleared + 1));
  const auto stats = store.stats();
  REQUIRE(stats);
  CHECK(stats.value().oldest_change == cleared + 1);
  CHECK(store.feed().oldest() >= cleared);
}

}  // namespace

TEST_SUITE("core/store/watch") {
  TEST_CASE("watch: after a reset nothing from before it is given, however much there was") {
    for (const auto &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      ScratchDirectory directory;
      auto store = open_store(backend, options_in(directory));
      for (const int left : {1, 0}) {  // an empty store may make no revision
        put_and_delete(*store, left);
        const uint64_t cleared = reset(*store);
        commit(*store, put("after", "1"));
        check_beginning(*store, cleared);
        commit(*store, remove("after"));
      }
    }
  }

  TEST_CASE("watch: nor after a restart, be the history full or of the newest changes") {
    ScratchDirectory directory;
    Trial trial(NAVI_CAP_PERSISTENT | NAVI_CAP_FULL_HISTORY);
    for (const auto &backend : {Trial::backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      uint64_t cleared = 0;
      {
        auto store = open_store(backend, options_in(directory));
        put_and_delete(*store);
        cleared = reset(*store);
        commit(*store, put("after", "1"));
      }
      auto store = open_store(backend, options_in(directory));
      check_beginning(*store, cleared);
      const uint64_t again = reset(*store);
      commit(*store, put("after", "1"));
      check_beginning(*store, again);
    }
  }

  TEST_CASE("watch: nor when the server was killed right after the clear") {
    Trial trial(NAVI_CAP_PERSISTENT | NAVI_CAP_FULL_HISTORY);
    std::map<std::string, TrialDisk> at_the_kill;
    uint64_t cleared = 0;
    {
      auto store = open_store(Trial::backend());
      put_and_delete(*store);
      cleared = store->revision() + 1;
      {
        const Lock lock(trial.mutex);
        trial.clears_held = true;
      }
      store->reset([](const Result<uint64_t> &) {});
      REQUIRE(eventually([&] {
        const Lock lock(trial.mutex);
        return trial.waiting != 0;
      }));
      const Lock lock(trial.mutex);
      at_the_kill = trial.disks;
      trial.clears_held = false;
      trial.changed.notify_all();
    }
    {
      const Lock lock(trial.mutex);
      trial.disks = at_the_kill;
    }
    auto store = open_store(Trial::backend());
    commit(*store, put("after", "1"));
    CHECK(ending(*store, 0) == "reset @" + std::to_string(cleared - 1));
    CHECK(ending(*store, cleared - 1) == "reset @" + std::to_string(cleared));
    check_beginning(*store, cleared);  // the clear was found
  }

  TEST_CASE("watch: a watcher gets what it cares for, from its cursor on, in whole transactions") {
    auto store = open_store(memory_backend());
    const uint64_t start = store->revision();
    commit(*store, put("a/1", "x"));
    commit(*store, both(put("a/2", "y"), put("b/1", "z")));
    commit(*store, both(put("a/3", "p"), put("a/4", "q")));
    commit(*store, remove("a/1"));
    const uint64_t end = commit(*store, put("b/2", "w")).revision;
    auto all = store->feed().watch({kAll, start}, [] {});
    CHECK(follow(*all, end) == "a/1=x| a/2=y b/1=z| a/3=p a/4=q| a/1-| b/2=w|");
    auto under = store->feed().watch({{Interest::Kind::kPrefix, "a/"}, start + 1}, [] {});
    CHECK(follow(*under, end) == "a/2=y| a/3=p a/4=q| a/1-|");
    auto one = store->feed().watch({{Interest::Kind::kKey, "b/1"}, start}, [] {});
    CHECK(follow(*one, end) == "b/1=z|");
  }

  TEST_CASE("watch: live changes follow, and the cursor advances without any") {
    auto store = open_store(memory_backend());
    auto watcher = store->feed().watch({{Interest::Kind::kKey, "a"}, store->revision()}, [] {});
    uint64_t revision = commit(*store, put("a", "1")).revision;
    CHECK(follow(*watcher, revision) == "a=1|");
    revision = commit(*store, put("b", "1")).revision;
    CHECK(follow(*watcher, revision).empty());
    CHECK(watcher->take(10).cursor == revision);
  }

  TEST_CASE("watch: ready is called once for all that comes after an empty take") {
    std::atomic<int> calls{0};
    auto store = open_store(memory_backend());
    auto watcher = store->feed().watch({kAll, store->revision()}, [&] { ++calls; });
    uint64_t revision = commit(*store, put("a", "1")).revision;
    REQUIRE(eventually([&] { return store->feed().position() >= revision; }));
    CHECK(calls == 0);  // the first take comes unasked
    CHECK(follow(*watcher, revision) == "a=1|");
    commit(*store, put("a", "2"));
    revision = commit(*store, put("a", "3")).revision;
    REQUIRE(eventually([&] { return store->feed().position() >= revision; }));
    CHECK(calls == 1);
    CHECK(follow(*watcher, revision) == "a=2| a=3|");
  }

  TEST_CASE("watch: a watcher that takes nothing overflows, keeps what it had, and can resume") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    WatchOptions options{kAll, store->revision()};
    options.max_queued = 2;
    auto watcher = store->feed().watch(options, [] {});
    uint64_t revision = 0;
    for (const char *value : {"1", "2", "3", "4"}) {
      revision = commit(*store, put("a", value)).revision;
    }
    REQUIRE(eventually([&] { return store->feed().position() >= revision; }));
    const Watcher::Taken taken = watcher->take(10);
    CHECK(taken.notices.size() == 2);
    CHECK(taken.state == Watcher::State::kOverflow);
    options.since = taken.cursor;
    watcher = store->feed().watch(options, [] {});
    CHECK(follow(*watcher, revision) == "a=3| a=4|");
  }

  TEST_CASE("watch: a cursor older than the ring is served from the backend, then from the feed") {
    ScratchDirectory directory;
    uint64_t start = 0;
    {
      auto store = open_store(sqlite_backend(), options_in(directory));
      start = store->revision();
      commit(*store, both(put("a", "1"), put("b", "1")));
      commit(*store, put("c", "1"));
    }
    auto store = open_store(sqlite_backend(), options_in(directory));
    commit(*store, put("d", "1"));
    auto watcher = store->feed().watch({kAll, start}, [] {});
    const uint64_t end = commit(*store, put("e", "1")).revision;
    CHECK(follow(*watcher, end) == "a=1 b=1| c=1| d=1| e=1|");
  }

  TEST_CASE("watch: catching up waits for a slow taker and loses nothing") {
    Trial trial(NAVI_CAP_PERSISTENT);
    constexpr int kWrites = 3'000;  // several pages of history, many times the queue
    uint64_t end = 0;
    {
      auto store = open_store(Trial::backend());
      for (int i = 0; i < kWrites; ++i) end = commit(*store, put("k", std::to_string(i))).revision;
    }
    auto store = open_store(Trial::backend());
    WatchOptions options{kAll, 0};
    options.max_queued = 16;
    auto watcher = store->feed().watch(options, [] {});
    int next = 0;
    REQUIRE(eventually([&] {
      const Watcher::Taken taken = watcher->take(5);
      for (const Notice &notice : taken.notices) {
        if (notice.event->value == std::to_string(next)) ++next;
      }
      return taken.state != Watcher::State::kOpen || taken.cursor >= end;
    }));
    CHECK(next == kWrites);
  }

  TEST_CASE("watch: a cursor whose changes are gone says so") {
    Trial trial(NAVI_CAP_PERSISTENT);
    {
      auto store = open_store(Trial::backend());
      for (int i = 0; i < 5; ++i) commit(*store, put("a", "v"));
    }
    {
      const Lock lock(trial.mutex);
      trial.disks["default"].trimmed = 3;
    }
    auto store = open_store(Trial::backend());
    CHECK(follow(*store->feed().watch({kAll, 2}, [] {}), 5) == "gone ");
    CHECK(follow(*store->feed().watch({kAll, 3}, [] {}), 5) == "a=v| a=v|");
    store.reset();
    auto forgetful = open_store(Trial::backend(Trial::Offers::kStoreOnly));
    CHECK(follow(*forgetful->feed().watch({kAll, 4}, [] {}), 5) == "gone ");
  }

  TEST_CASE("watch: a reset ends every stream") {
    auto store = open_store(memory_backend());
    auto watcher = store->feed().watch({kAll, store->revision()}, [] {});
    const uint64_t epoch = store->epoch();
    CHECK(follow(*watcher, commit(*store, put("a", "1")).revision) == "a=1|");
    std::atomic<uint64_t> wiped{0};
    store->reset([&](const Result<uint64_t> &revision) {
      if (revision.ok()) wiped = revision.value();
    });
    REQUIRE(eventually([&] { return wiped != 0; }));
    CHECK(follow(*watcher, wiped) == "reset ");
    CHECK(store->epoch() != epoch);
    CHECK(dump(*store).empty());
  }

  TEST_CASE("watch: watchers that come and go between writers see every change exactly once") {
    auto store = open_store(memory_backend());
    const uint64_t start = store->revision();
    constexpr int kWriters = 3;
    constexpr int kWrites = 400;
    std::atomic<int> writing{kWriters};
    std::vector<std::thread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < kWrites; ++n) commit(*store, put(std::to_string(i), std::to_string(n)));
        --writing;
      });
    }
    std::vector<int> seen(kWriters, 0);
    uint64_t cursor = start;
    bool exact = true;
    REQUIRE(eventually([&] {
      auto watcher = store->feed().watch({kAll, cursor, 100'000}, [] {});
      for (int takes = 0; takes < 3; ++takes) {
        const Watcher::Taken taken = watcher->take(7);
        for (const Notice &notice : taken.notices) {
          int &next = seen[static_cast<size_t>(std::stoi(notice.event->key))];
          exact = exact && std::stoi(notice.event->value) == next++;
        }
        cursor = taken.cursor;
      }
      return seen == std::vector<int>(kWriters, kWrites);
    }));
    for (std::thread &thread : threads) thread.join();
    CHECK(exact);
  }
}

}  // namespace navistore::store
