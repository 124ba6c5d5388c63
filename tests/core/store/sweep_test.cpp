// SPDX-License-Identifier: Apache-2.0
// What the removal of expired items costs others.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

// Of what a watcher saw.
struct Seen {
  size_t expired = 0;
  size_t puts_between = 0;  // of another key, after the first expiry and before the last one
  size_t puts_since = 0;    // the last expiry

  void add(const Event &event) {
    if (event.kind != Event::Kind::kExpire) {
      puts_since += expired != 0 && event.key == "other" ? 1 : 0;
      return;
    }
    puts_between += std::exchange(puts_since, 0);
    ++expired;
  }
};

struct Calls {
  unsigned purges = 0;
  unsigned stats = 0;
};

Calls calls_of(Trial &trial) {
  const Lock lock(trial.mutex);
  return {trial.purges, trial.looks};
}

}  // namespace

TEST_SUITE("core/store/sweep") {
  TEST_CASE("sweep: while very many items expire together, others write and read") {
    constexpr size_t kItems = 10'000;
    for (const host::Backend &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      ScratchDirectory directory;
      auto store = open_store(backend, options_in(directory));
      WatchOptions options{{Interest::Kind::kPrefix, ""}, store->revision()};
      options.max_queued = 10'000'000;
      options.max_queued_bytes = size_t{1} << 30;
      auto watcher = store->feed().watch(options, [] {});
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
      Seen seen;
      const bool all = eventually([&] {
        for (const Notice &notice : watcher->take(1'000).notices) seen.add(*notice.event);
        return seen.expired == kItems;
      });
      stop = true;
      other.join();
      CHECK(all);
      CHECK(written == kItems);
      CHECK(seen.puts_between > 0);
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
      CHECK(store->purge_due());
    }
    const Calls after = calls_of(trial);
    CHECK(after.purges == before.purges);
    CHECK(after.stats == before.stats);
    commit(*store, put_until("c", "v", store->now_ms() + 1));
    CHECK(eventually([&] { return calls_of(trial).purges > before.purges; }));
  }
}

}  // namespace navistore::store
