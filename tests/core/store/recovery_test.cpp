// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "core/store/backoff.hpp"
#include "core/store/high_water.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

void next_apply(Trial &trial, navi_status status, Trial::Effect effect) {
  const Lock lock(trial.mutex);
  trial.next_status = status;
  trial.effect = effect;
}

void set_open_status(Trial &trial, navi_status status) {
  const Lock lock(trial.mutex);
  trial.open_status = status;
}

}  // namespace

TEST_SUITE("core/store/recovery") {
  TEST_CASE("recovery: a backend that dies is opened again, and the store keeps its epoch") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    const uint64_t epoch = store->epoch();
    CHECK(run(*store, put("a", "1")) == "committed found=0");
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    CHECK(run(*store, put("a", "2")) == "failed outcome-unknown");
    REQUIRE(eventually([&] { return store->healthy().ok(); }));
    CHECK(dump(*store) == "a=1");
    CHECK(run(*store, put("a", "3")) == "committed found=1");
    CHECK(store->epoch() == epoch);
    CHECK(store->metrics().reopened == 1);
    const Lock lock(trial.mutex);
    CHECK(trial.opened == 2);
  }

  TEST_CASE("recovery: where the server's own records die, all is opened again") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    {
      const Lock lock(trial.mutex);
      trial.failing = "default-system";
    }
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    CHECK_FALSE(store->keep_record("name", "value"));
    REQUIRE(eventually([&] { return store->metrics().reopened == 1 && store->healthy().ok(); }));
    CHECK(store->keep_record("name", "value"));
    CHECK(run(*store, put("a", "1")) == "committed found=0");
  }

  TEST_CASE("recovery: a commit of unknown outcome that was made shows to watchers") {
    Trial trial(NAVI_CAP_PERSISTENT);
    for (const navi_status status : {NAVI_MAYBE, NAVI_IO}) {
      auto store = open_store(Trial::backend());
      auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
      next_apply(trial, status, Trial::Effect::kCommits);
      CHECK(run(*store, put("a", "unknown")) == "failed outcome-unknown");
      REQUIRE(eventually([&] { return store->healthy().ok(); }));
      commit(*store, put("b", "known"));
      std::string seen;
      REQUIRE(eventually([&] {
        for (const Notice &notice : watcher->take(10).notices) seen += notice.event->value + " ";
        return seen.size() >= 14;
      }));
      CHECK(seen == "unknown known ");
    }
  }

  TEST_CASE("recovery: while the backend is away, writes and reads fail at once and say so") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    set_open_status(trial, NAVI_UNAVAILABLE);
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    CHECK(run(*store, put("a", "1")) == "failed outcome-unknown");
    REQUIRE(eventually([&] { return !store->healthy().ok(); }));
    CHECK(run(*store, put("a", "2")) == "failed unavailable");
    CHECK(get(*store, "a").substr(0, 6) == "failed");
    CHECK(store->scan({}, [](size_t, const ItemView &) { return true; }).ok() == false);
    set_open_status(trial, NAVI_OK);
    REQUIRE(eventually([&] { return store->healthy().ok(); }));
    CHECK(run(*store, put("a", "3")) == "committed found=0");
  }

  TEST_CASE("recovery: what was queued but not sent fails as unavailable") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    {
      const Lock lock(trial.mutex);
      trial.held = true;
      trial.next_status = NAVI_IO;
      trial.open_status = NAVI_UNAVAILABLE;
    }
    std::atomic<int> answers{0};
    std::string sent;
    std::string queued;
    store->submit(put("a", "1"), [&](const CommitResult &result) {
      sent = text(result);
      ++answers;
    });
    {
      const Lock lock(trial.mutex);
      while (trial.waiting == 0) trial.changed.wait(trial.mutex);
    }
    store->submit(put("b", "1"), [&](const CommitResult &result) {
      queued = text(result);
      ++answers;
    });
    {
      const Lock lock(trial.mutex);
      trial.held = false;
      trial.changed.notify_all();
    }
    REQUIRE(eventually([&] { return answers == 2; }));
    CHECK(sent == "failed outcome-unknown");
    CHECK(queued == "failed unavailable");
  }

  TEST_CASE(
      "recovery: what is asked of a backend that is away does not make it be opened more often") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    set_open_status(trial, NAVI_UNAVAILABLE);
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    commit(*store, put("a", "1"));
    const auto tries = [&] {
      const Lock lock(trial.mutex);
      return trial.open_calls;
    };
    const unsigned opened = tries();
    REQUIRE(eventually([&] { return tries() > opened; }));
    const auto start = std::chrono::steady_clock::now();
    const unsigned before = tries();
    for (int i = 0; i < 1'000; ++i) {
      std::promise<Result<uint64_t>> answer;
      store->reset([&](Result<uint64_t> done) { answer.set_value(std::move(done)); });
      const auto refused = answer.get_future().get();
      REQUIRE(!refused.ok());
      REQUIRE(refused.error().code == Code::kUnavailable);
    }
    // The pauses are 10 ms, then each twice the one before.
    const auto took = std::chrono::steady_clock::now() - start;
    const auto most = 1 + took / std::chrono::milliseconds(10);
    CHECK(tries() - before <= most);
    set_open_status(trial, NAVI_OK);
    REQUIRE(eventually([&] { return store->healthy().ok(); }));
  }

  TEST_CASE("recovery: what dies again soon after it was opened is opened after longer pauses") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    {
      const Lock lock(trial.mutex);
      trial.read_status = NAVI_IO;
    }
    const auto start = Backoff::Clock::now();
    // The first time at once, then after 10, 20, 40, 80 and 160 ms.
    while (store->metrics().reopened < 6) CHECK(get(*store, "a").rfind("failed", 0) == 0);
    CHECK(Backoff::Clock::now() - start >= std::chrono::milliseconds(310));
  }

  TEST_CASE("recovery: the pauses begin anew when the backend has lived for 5 s") {
    Backoff backoff;
    const auto start = Backoff::Clock::now();
    auto now = start;
    std::string pauses;
    const auto die_after = [&](int life_ms) {
      now += std::chrono::milliseconds(life_ms);
      const auto died = now;
      if (!backoff.is_due(now)) now = *backoff.next_try();
      CHECK(backoff.is_due(now));
      pauses += std::to_string((now - died) / std::chrono::milliseconds(1)) + " ";
      backoff.opened(now);
      CHECK_FALSE(backoff.next_try());
    };
    die_after(0);
    for (int i = 0; i < 11; ++i) die_after(i == 5 ? 4'999 : 1);
    for (const int life : {5'000, 1, 10'000, 1}) die_after(life);
    CHECK(pauses == "0 10 20 40 80 160 320 640 1280 2560 5000 5000 0 10 0 10 ");
    now += std::chrono::hours(1);
    CHECK(backoff.is_due(now));
    backoff.failed(now);
    CHECK_FALSE(backoff.is_due(now + std::chrono::milliseconds(9)));
    CHECK(backoff.is_due(now + std::chrono::milliseconds(10)));
  }

  TEST_CASE("recovery: the log tells that a backend failed, why, and that it is back") {
    Trial trial(NAVI_CAP_PERSISTENT);
    Mutex mutex;
    std::vector<std::string> lines;
    StoreOptions options;
    options.history = 1;
    options.trim_every_ms = 1;
    options.log = [&](LogLevel, std::string_view line) {
      const Lock lock(mutex);
      lines.emplace_back(line);
    };
    const auto told = [&](const std::string &part) {
      return eventually([&] {
        const Lock lock(mutex);
        return std::any_of(lines.begin(), lines.end(), [&](const std::string &line) {
          return line.find(part) != std::string::npos;
        });
      });
    };
    auto store = open_store(Trial::backend(), options);
    {
      const Lock lock(trial.mutex);
      trial.trim_status = NAVI_DENIED;
    }
    commit(*store, put("a", "1"));
    commit(*store, put("a", "2"));
    CHECK(told("let go of old changes: "));
    {
      const Lock lock(trial.mutex);
      trial.trim_status = NAVI_OK;
    }
    set_open_status(trial, NAVI_UNAVAILABLE);
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    commit(*store, put("a", "1"));
    CHECK(told("failed, and is being opened again: "));
    CHECK(told("cannot be opened again yet: "));
    set_open_status(trial, NAVI_OK);
    CHECK(told("is open again"));
  }

  TEST_CASE("recovery: what expires while the backend is away is removed when it is back") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    commit(*store, put_until("short", "1", store->now_ms() + 200));
    set_open_status(trial, NAVI_UNAVAILABLE);
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    commit(*store, put("a", "1"));
    const uint64_t due = store->now_ms() + 400;
    REQUIRE(eventually([&] { return store->now_ms() > due; }));
    set_open_status(trial, NAVI_OK);
    CHECK(eventually([&] {
      const Lock lock(trial.mutex);
      return trial.disks["default"].items.count("short") == 0;
    }));
  }

  TEST_CASE("recovery: a store that lost data gets a new epoch, and its watchers are told") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    const uint64_t epoch = store->epoch();
    commit(*store, put("a", "1"));
    auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
    {
      const Lock lock(trial.mutex);
      trial.disks["default"] = TrialDisk();
    }
    next_apply(trial, NAVI_IO, Trial::Effect::kNone);
    commit(*store, put("a", "2"));
    REQUIRE(eventually([&] { return store->healthy().ok(); }));
    CHECK(store->epoch() != epoch);
    CHECK(store->revision() == 0);
    CHECK(eventually([&] { return watcher->take(1).state == Watcher::State::kReset; }));
    CHECK(run(*store, put("a", "3")) == "committed found=0");
  }

  TEST_CASE("recovery: readers that are inside keep the dead store open until they leave") {
    Trial trial(NAVI_CAP_PERSISTENT | NAVI_CAP_FAST_READS);
    auto store = open_store(Trial::backend());
    commit(*store, put("a", "1"));
    std::atomic<bool> stop{false};
    std::atomic<int> reads{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        while (!stop) {
          if (get(*store, "a") == "1") ++reads;
        }
      });
    }
    for (int deaths = 1; deaths <= 6; ++deaths) {
      next_apply(trial, NAVI_IO, Trial::Effect::kNone);
      commit(*store, put("b", "1"));
      REQUIRE(eventually([&] { return store->healthy().ok(); }));
    }
    const int before = reads;
    REQUIRE(eventually([&] { return reads > before; }));
    stop = true;
    for (std::thread &reader : readers) reader.join();
  }
}

TEST_SUITE("core/store/epoch") {
  TEST_CASE("epoch: it survives a close where the backend keeps data, else it is fresh") {
    ScratchDirectory directory;
    const StoreOptions options = options_in(directory);
    const auto epoch_of = [&](const host::Backend &backend) {
      auto store = open_store(backend, options);
      commit(*store, put("a", "1"));
      return store->epoch();
    };
    const uint64_t kept = epoch_of(sqlite_backend());
    CHECK(kept != 0);
    CHECK(epoch_of(sqlite_backend()) == kept);
    CHECK(epoch_of(memory_backend()) != epoch_of(memory_backend()));
  }

  TEST_CASE("epoch: a store that was restored from a copy gets a fresh one") {
    Trial trial(NAVI_CAP_PERSISTENT);
    ScratchDirectory directory;
    const StoreOptions options = options_in(directory);
    auto store = open_store(Trial::backend(), options);
    const uint64_t epoch = store->epoch();
    commit(*store, put("a", "1"));
    TrialDisk copy;
    {
      const Lock lock(trial.mutex);
      copy = trial.disks["default"];
    }
    commit(*store, put("a", "2"));
    store.reset();
    {
      const Lock lock(trial.mutex);
      std::swap(trial.disks["default"], copy);
    }
    store = open_store(Trial::backend(), options);
    CHECK(dump(*store) == "a=1");
    const uint64_t restored = store->epoch();
    CHECK(restored != epoch);
    store.reset();
    CHECK(open_store(Trial::backend(), options)->epoch() == restored);
  }

  TEST_CASE("high water: a killed server knows exactly what it had answered") {
    ScratchDirectory directory;
    {
      auto mark = HighWater::open(directory.path("state"), "default");
      REQUIRE(mark);
      CHECK(mark.value()->reached_by(0));
      CHECK(mark.value()->restart(10));
      CHECK_FALSE(mark.value()->covers(10));
      CHECK(mark.value()->advance(10));
      CHECK(mark.value()->covers(10 + HighWater::kStep - 1));
      mark.value()->note(12);
      mark.value()->note(11);
    }  // not closed in order
    auto mark = HighWater::open(directory.path("state"), "default");
    REQUIRE(mark);
    CHECK_FALSE(mark.value()->reached_by(11));
    CHECK(mark.value()->reached_by(12));
  }
}

}  // namespace navistore::store
