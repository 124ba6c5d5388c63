// SPDX-License-Identifier: Apache-2.0
// What the removal of expired items costs others.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/store/support/stepping_clock.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

struct Calls {
  unsigned purges = 0;
  unsigned stats = 0;
};

Calls calls_of(Trial &trial) {
  const Lock lock(trial.mutex);
  return {trial.purges, trial.looks};
}

// "put, 2 expired, put": the transactions on the disk from the change with this index on.
std::string transactions(Trial &trial, size_t from) {
  const Lock lock(trial.mutex);
  const auto &changes = trial.disks["default"].changes;
  std::string out;
  size_t expired = 0;
  for (size_t i = from; i < changes.size(); ++i) {
    const bool removed = (changes[i].flags & NAVI_CHANGE_EXPIRED) != 0;
    expired += removed ? 1 : 0;
    if ((changes[i].flags & NAVI_CHANGE_LAST) == 0) continue;
    if (!out.empty()) out += ", ";
    out += removed ? std::to_string(std::exchange(expired, 0)) + " expired" : "put";
  }
  return out;
}

// Counts the expiries of all keys. Writers that never pause can outrun a watcher, which then goes
// on from its cursor.
class Expiries {
 public:
  explicit Expiries(Store &store) : store_(store) { watch_from(store.revision()); }

  size_t seen() {
    const Watcher::Taken taken = watcher_->take(1'000);
    for (const Notice &notice : taken.notices) {
      seen_ += notice.event->kind == Event::Kind::kExpire ? 1 : 0;
    }
    if (taken.state == Watcher::State::kOverflow) watch_from(taken.cursor);
    return seen_;
  }

 private:
  void watch_from(uint64_t cursor) {
    watcher_ = store_.feed().watch({{Interest::Kind::kPrefix, ""}, cursor}, [] {});
  }

  Store &store_;
  std::unique_ptr<Watcher> watcher_;
  size_t seen_ = 0;
};

// Another client, which sends one write while the backend purges.
class WriterDuringPurges {
 public:
  explicit WriterDuringPurges(Store &store) : store_(store) {}

  // Returns when the store has taken the write over, or, once, when it does not.
  void write() {
    if (hindered_) return;
    sent_.push_back(std::async(std::launch::async, [this] {
      store_.submit(put("other", "v"), [](const CommitResult &) {});
    }));
    hindered_ = sent_.back().wait_for(std::chrono::seconds(10)) != std::future_status::ready;
  }
  bool hindered() const { return hindered_; }
  void finish() {
    for (const std::future<void> &sent : sent_) sent.wait();
  }

 private:
  Store &store_;
  std::atomic<bool> hindered_{false};
  std::vector<std::future<void>> sent_;
};

}  // namespace

TEST_SUITE("core/store/sweep") {
  TEST_CASE("sweep: what is written while a page is removed is committed before the next one") {
    for (const uint64_t capability : {NAVI_CAP_PERSISTENT, NAVI_CAP_FAST_WRITES}) {
      CAPTURE(capability);
      Trial trial(capability);
      auto store = open_store(Trial::backend());
      for (int i = 0; i < 1'000; ++i) {
        commit(*store, put_until("x" + std::to_string(i), "v", store->now_ms() + 3'600'000));
      }
      WriterDuringPurges writer(*store);
      size_t before = 0;
      {
        const Lock lock(trial.mutex);
        for (auto &[key, item] : trial.disks["default"].items) item.expires_ms = 1;
        before = trial.disks["default"].changes.size();
        trial.before_purge = [&] { writer.write(); };
      }
      commit(*store, put_until("x", "v", store->now_ms() + 1));
      const std::string pages =
          "256 expired, put, 256 expired, put, 256 expired, put, 233 expired, put";
      eventually([&] { return writer.hindered() || transactions(trial, before + 1) == pages; });
      CHECK_FALSE(writer.hindered());
      CHECK(transactions(trial, before + 1) == pages);
      writer.finish();
      store.reset();
    }
  }

  TEST_CASE("sweep: while very many items expire together, others write and read") {
    constexpr size_t kItems = 10'000;
    for (const host::Backend &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      ScratchDirectory directory;
      auto store = open_store(backend, options_in(directory));
      Expiries expiries(*store);
      const uint64_t soon = store->now_ms() + 1'000;
      std::atomic<size_t> written{0};
      for (size_t i = 0; i < kItems; ++i) {
        store->submit(put_until("x" + std::to_string(i), "v", soon),
                      [&](const CommitResult &) { ++written; });
      }
      std::atomic<bool> stop{false};
      std::atomic<size_t> misread{0};
      std::thread other([&] {
        for (size_t n = 0; !stop; ++n) {
          commit(*store, put("other", std::to_string(n)));
          misread += get(*store, "other") == std::to_string(n) ? 0 : 1;
        }
      });
      const bool all = eventually([&] { return expiries.seen() == kItems; });
      stop = true;
      other.join();
      CHECK(all);
      CHECK(written == kItems);
      CHECK(misread == 0);
    }
  }

  TEST_CASE("sweep: it asks the backend for nothing while nothing expires") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    const Calls before = calls_of(trial);
    const uint64_t far = store->now_ms() + 3'600'000;
    for (int i = 0; i < 300; ++i) {
      commit(*store, i % 2 == 0 ? put("a", "v") : put_until("b" + std::to_string(i), "v", far));
      CHECK(store->find_due({}).value().found == Due::Found::kNone);
    }
    const Calls after = calls_of(trial);
    CHECK(after.purges == before.purges);
    CHECK(after.stats == before.stats);
    commit(*store, put_until("c", "v", store->now_ms() + 1));
    CHECK(eventually([&] { return calls_of(trial).purges > before.purges; }));
  }

  // After the first reading of that time, after the second, and so on, until the removal needs none
  // behind the step. How many it makes depends on how late its threads come.
  TEST_CASE("sweep: a clock that steps back between the alarm and the removal only delays it") {
    int steps = 0;
    for (bool stepped = true; stepped && steps < 50; steps += stepped ? 1 : 0) {
      CAPTURE(steps);
      Trial trial(NAVI_CAP_PERSISTENT);
      auto store = open_store(Trial::backend());
      Expiries expiries(*store);
      const uint64_t soon = store->now_ms() + 100;
      const SteppingClock clock(soon, steps + 1, 200);
      commit(*store, put_until("a", "v", soon));
      CHECK(eventually([&] { return expiries.seen() == 1; }));
      stepped = clock.stepped();
    }
    CHECK(steps >= 2);
  }

  TEST_CASE("sweep: an alarm that rings while the backend is away is not the last one") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    Expiries expiries(*store);
    const uint64_t soon = store->now_ms() + 50;
    commit(*store, put_until("a", "v", soon));
    {
      const Lock lock(trial.mutex);
      trial.next_status = NAVI_IO;
      trial.open_status = NAVI_UNAVAILABLE;
    }
    commit(*store, put("b", "v"));
    REQUIRE(eventually([&] { return store->now_ms() > soon + 100; }));
    CHECK_FALSE(store->healthy().ok());
    {
      const Lock lock(trial.mutex);
      trial.open_status = NAVI_OK;
    }
    CHECK(eventually([&] { return expiries.seen() == 1; }));
  }
}

}  // namespace navistore::store
