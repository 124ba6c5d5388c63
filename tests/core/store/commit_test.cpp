// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "core/wake_later.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;
using Kind = Condition::Kind;

std::vector<size_t> batches(Trial &trial) {
  const Lock lock(trial.mutex);
  return trial.batches;
}

void hold(Trial &trial) {
  const Lock lock(trial.mutex);
  trial.held = true;
}

void release(Trial &trial) {
  const Lock lock(trial.mutex);
  trial.held = false;
  trial.changed.notify_all();
}

void wait_until_held(Trial &trial) {
  const Lock lock(trial.mutex);
  while (trial.waiting == 0) trial.changed.wait(trial.mutex);
}

// Answers in order of arrival.
class Answers {
 public:
  std::function<void(CommitResult)> expect(const std::string &name) {
    return [this, name](const CommitResult &result) {
      const Lock lock(mutex_);
      lines_.push_back(name + ": " + text(result));
    };
  }
  size_t count() const {
    const Lock lock(mutex_);
    return lines_.size();
  }
  std::string lines() const {
    const Lock lock(mutex_);
    std::string out;
    for (const std::string &line : lines_) out += (out.empty() ? "" : ", ") + line;
    return out;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace

TEST_SUITE("core/store/commit") {
  TEST_CASE("limits: a store that is to take larger values than its backend does not open") {
    for (const auto &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      const auto open_with = [&](uint64_t max_value) {
        const ScratchDirectory directory;
        StoreOptions options = options_in(directory);
        options.max_value = max_value;
        const auto store = Store::open(backend, options);
        return store ? "takes " + std::to_string(store.value()->facts().max_value)
                     : text(store.error().code) + ": " + store.error().message;
      };
      CHECK(open_with(64 << 20) == "takes 67108864");
      CHECK(open_with((64 << 20) + 1) ==
            "invalid: --max-value 67108865: the backend takes values of at most 67108864 bytes");
    }
  }

  TEST_CASE("commit: puts and deletes are there afterwards, and say what they found") {
    ScratchDirectory directory;
    for (const host::Backend &backend : {memory_backend(), sqlite_backend()}) {
      CAPTURE(backend.id);
      auto store = open_store(backend, options_in(directory));
      CHECK(run(*store, put("a", "1")) == "committed found=0");
      CHECK(run(*store, put("a", "2")) == "committed found=1");
      CHECK(run(*store, put("b", "3")) == "committed found=0");
      CHECK(run(*store, remove("b")) == "committed found=1");
      CHECK(run(*store, remove("b")) == "committed found=0");
      CHECK(dump(*store) == "a=2");
      CHECK(get(*store, "b") == "-");
    }
  }

  TEST_CASE("commit: a false condition names itself and changes nothing") {
    auto store = open_store(memory_backend());
    const uint64_t revision = commit(*store, put("a", "1")).revision;
    const std::string current = std::to_string(revision);
    CHECK(run(*store, when({Kind::kAbsent, "a", 0}, put("b", "2"))) ==
          "conflict [0] current=" + current);
    CHECK(run(*store, when({Kind::kPresent, "b", 0}, put("b", "2"))) == "conflict [0] current=0");
    CHECK(run(*store, when({Kind::kRevision, "b", 0},
                           when({Kind::kRevision, "a", revision}, put("b", "2")))) ==
          "conflict [1] current=0");
    CHECK(run(*store, when({Kind::kRevision, "a", revision + 1}, put("b", "2"))) ==
          "conflict [0] current=" + current);
    CHECK(dump(*store) == "a=1");
    CHECK(run(*store, when({Kind::kRevision, "a", revision}, put("b", "2"))) ==
          "committed found=0");
    CHECK(dump(*store) == "a=1 b=2");
  }

  TEST_CASE("commit: what gathers behind a slow commit becomes one group, in order") {
    Trial trial(NAVI_CAP_PERSISTENT);
    Answers answers;
    auto store = open_store(trial.backend());
    hold(trial);
    store->submit(put("first", "1"), answers.expect("first"));
    wait_until_held(trial);
    for (int i = 0; i < 5; ++i) {
      const std::string name = std::to_string(i);
      store->submit(when({i == 0 ? Kind::kAbsent : Kind::kPresent, "k", 0}, put("k", name)),
                    answers.expect(name));
    }
    release(trial);
    REQUIRE(eventually([&] { return answers.count() == 6; }));
    CHECK(batches(trial) == std::vector<size_t>{1, 5});
    CHECK(answers.lines() ==
          "first: committed found=0, 0: committed found=0, 1: committed found=1, "
          "2: committed found=1, 3: committed found=1, 4: committed found=1");
    CHECK(dump(*store) == "first=1 k=4");
    const Metrics metrics = store->metrics();
    CHECK(metrics.batch_transactions.count == 2);
    CHECK(metrics.batch_transactions.sum == 6);
    CHECK(metrics.wait_us.count == 6);
    CHECK(metrics.apply_us.count == 2);
  }

  TEST_CASE("commit: whom the answers of a group wake is woken when all of them are given") {
    struct Reader final : Sleeper {
      explicit Reader(std::vector<int> &seen) : seen_(seen) {}
      void wake() override { seen_.push_back(given); }
      std::vector<int> &seen_;
      int given = 0;
    };
    std::vector<int> seen;  // answers that were there, at each wake
    {
      Trial trial(NAVI_CAP_PERSISTENT);
      const auto reader = std::make_shared<Reader>(seen);
      auto store = open_store(trial.backend());
      hold(trial);
      store->submit(put("first", "1"), [](const CommitResult &) {});
      wait_until_held(trial);
      for (int i = 0; i < 5; ++i) {
        store->submit(put("k", "v"), [reader](const CommitResult &) {
          ++reader->given;
          WakeLater::wake(reader);
        });
      }
      release(trial);
    }
    CHECK(seen == std::vector<int>{5});
  }

  TEST_CASE("commit: a group is never larger than the backend takes") {
    Trial trial(NAVI_CAP_PERSISTENT);
    trial.max_batch = 2;
    Answers answers;
    auto store = open_store(trial.backend());
    hold(trial);
    store->submit(put("first", "1"), answers.expect("first"));
    wait_until_held(trial);
    for (int i = 0; i < 5; ++i) store->submit(put("k", "v"), answers.expect("k"));
    release(trial);
    REQUIRE(eventually([&] { return answers.count() == 6; }));
    CHECK(batches(trial) == std::vector<size_t>{1, 2, 2, 1});
  }

  TEST_CASE("commit: writes past the limit of queued bytes are refused, those below are not") {
    Trial trial(NAVI_CAP_PERSISTENT);
    Answers answers;
    StoreOptions options;
    options.max_queued_bytes = 3'000;
    auto store = open_store(trial.backend(), options);
    hold(trial);
    const std::string value(999 - 256, 'v');  // with its key and bookkeeping: 1,000 bytes
    for (const char *name : {"a", "b", "c"}) store->submit(put(name, value), answers.expect(name));
    CHECK(answers.lines().empty());
    CHECK(store->metrics().queued_bytes == 3'000);
    store->submit(put("d", ""), answers.expect("d"));
    CHECK(answers.lines() == "d: failed busy");
    CHECK(store->metrics().refused_busy == 1);
    release(trial);
    REQUIRE(eventually([&] { return answers.count() == 4; }));
    REQUIRE(eventually([&] { return store->metrics().queued_bytes == 0; }));
    CHECK(run(*store, put("d", "1")) == "committed found=0");
  }

  TEST_CASE("commit: one write that is larger than the limit is taken when nothing waits") {
    Trial trial(NAVI_CAP_PERSISTENT);
    StoreOptions options;
    options.max_queued_bytes = 10;
    auto store = open_store(trial.backend(), options);
    CHECK(run(*store, put("a", std::string(100, 'v'))) == "committed found=0");
  }

  TEST_CASE("commit: whatever was queued is committed and answered before the store closes") {
    Trial trial(NAVI_CAP_PERSISTENT);
    Answers answers;
    auto store = open_store(trial.backend());
    hold(trial);
    for (int i = 0; i < 20; ++i) store->submit(put(std::to_string(i), "v"), answers.expect(""));
    std::thread closer([&] { store.reset(); });
    wait_until_held(trial);
    release(trial);
    closer.join();
    CHECK(answers.count() == 20);
    const Lock lock(trial.mutex);
    CHECK(trial.disks["default"].items.size() == 20);
  }

  TEST_CASE("commit: groups are durable where the backend keeps data, unless it is relaxed") {
    Trial trial(NAVI_CAP_PERSISTENT);
    const auto durable = [&] {
      const Lock lock(trial.mutex);
      return trial.durable_batches;
    };
    CHECK(run(*open_store(trial.backend()), put("a", "1")) == "committed found=0");
    CHECK(durable() == 1);
    StoreOptions relaxed;
    relaxed.durability = Durability::kRelaxed;
    CHECK(run(*open_store(trial.backend(), relaxed), put("a", "1")) == "committed found=1");
    CHECK(durable() == 1);
    trial.capabilities = 0;
    CHECK(run(*open_store(trial.backend()), put("a", "1")) == "committed found=0");
    CHECK(durable() == 1);
  }

  TEST_CASE("commit: with fast writes the answer comes on the caller's thread") {
    auto store = open_store(memory_backend());
    CHECK(run(*store, put("a", "0")) == "committed found=0");
    std::thread::id thread;
    store->submit(put("a", "1"),
                  [&](const CommitResult &) { thread = std::this_thread::get_id(); });
    CHECK(thread == std::this_thread::get_id());
  }

  // The second and third put wait for the committer, with a task between them; the fourth comes
  // when the second is committed and the third is not.
  TEST_CASE("commit: with fast writes none overtakes another that waits for the committer") {
    auto store = open_store(memory_backend());
    REQUIRE(store->facts().fast_writes);
    std::promise<void> alone;
    std::promise<void> queued;
    std::promise<void> done;
    std::vector<uint64_t> revisions(4);
    std::atomic<size_t> answered{0};
    const auto submit = [&](
                            size_t index, const std::function<void()> &then = [] {}) {
      store->submit(put("a", std::to_string(index)), [&, index, then](const CommitResult &result) {
        revisions[index] = result.revision;
        then();
        if (++answered == revisions.size()) done.set_value();
      });
    };
    const auto nothing = [](const Error &) {};
    submit(0);
    store->submit_exclusive(
        [&](ExclusiveWriter &) {
          alone.set_value();
          queued.get_future().wait();
        },
        nothing);
    alone.get_future().wait();
    submit(1, [&] { submit(3); });
    store->submit_exclusive([](ExclusiveWriter &) {}, nothing);
    submit(2);
    queued.set_value();
    done.get_future().wait();
    CHECK(std::is_sorted(revisions.begin(), revisions.end()));
    CHECK(dump(*store) == "a=3");
  }

  TEST_CASE("commit: what no transaction may be is refused") {
    auto store = open_store(memory_backend());
    const std::string long_key(1'025, 'k');
    CHECK(run(*store, put("", "1")) == "failed invalid");
    CHECK(run(*store, put(long_key, "1")) == "failed invalid");
    CHECK(run(*store, put(long_key.substr(1), "1")) == "committed found=0");
    CHECK(run(*store, put("v", std::string((1 << 20) + 1, 'v'))) == "failed too-large");
    CHECK(run(*store, put("v", std::string(1 << 20, 'v'))) == "committed found=0");
  }

  TEST_CASE("commit: an exclusive writer is alone") {
    for (const uint64_t capabilities : {uint64_t{NAVI_CAP_FAST_WRITES}, uint64_t{0}}) {
      Trial trial(capabilities);
      auto store = open_store(trial.backend());
      CHECK(run(*store, put("a", "1")) == "committed found=0");
      Answers answers;
      std::atomic<bool> done{false};
      store->submit_exclusive(
          [&](ExclusiveWriter &writer) {
            std::thread other([&] { store->submit(put("b", "other"), answers.expect("other")); });
            other.join();
            CHECK(text(writer.commit(when({Kind::kAbsent, "b", 0}, put("b", "mine")))) ==
                  "committed found=0");
            CHECK(answers.count() == 0);
            done = true;
          },
          [](const Error &) { FAIL("refused"); });
      REQUIRE(eventually([&] { return done.load() && answers.count() == 1; }));
      CHECK(answers.lines() == "other: committed found=1");
      CHECK(dump(*store) == "a=1 b=other");
    }
  }

  TEST_CASE("commit: a backend that wants to be called by one thread at a time is") {
    Trial trial(NAVI_CAP_SINGLE_THREADED | NAVI_CAP_FAST_READS | NAVI_CAP_FAST_WRITES);
    auto store = open_store(trial.backend());
    CHECK_FALSE(store->reads_inline(1));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < 50; ++n) {
          commit(*store, put(std::to_string(i), "v"));
          get(*store, "0");
        }
      });
    }
    for (std::thread &thread : threads) thread.join();
    CHECK(dump(*store) == "0=v 1=v 2=v 3=v");
    const Lock lock(trial.mutex);
    CHECK(trial.max_overlapping == 1);
  }

  TEST_CASE("commit: many writers share the disk's syncs") {
    ScratchDirectory directory;
    auto store = open_store(sqlite_backend(), options_in(directory));
    constexpr unsigned kWriters = 16;
    constexpr unsigned kWrites = 25;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        for (unsigned n = 0; n < kWrites; ++n) {
          commit(*store, put(std::to_string(i) + "/" + std::to_string(n), "v"));
        }
      });
    }
    for (std::thread &thread : threads) thread.join();
    const Metrics metrics = store->metrics();
    CHECK(metrics.batch_transactions.sum == kWriters * kWrites);
    CHECK(metrics.batch_transactions.count < kWriters * kWrites / 2);
    CHECK(store->stats().value().items == kWriters * kWrites);
  }
}

TEST_SUITE("core/store/keep") {
  TEST_CASE("keep: a put that keeps the expiry keeps it, and none stays none") {
    auto store = open_store(memory_backend());
    const uint64_t far = store->now_ms() + 3'600'000;
    const auto expiry = [&] {
      uint64_t expires_ms = 1;
      const std::string_view key = "a";
      CHECK(store->read(&key, 1, Values::kWithout, [&](size_t, const ItemView &item) {
        expires_ms = item.expires_ms;
        return true;
      }));
      return expires_ms;
    };
    CHECK(run(*store, put_keeping("a", "1")) == "committed found=0");
    CHECK(expiry() == 0);
    CHECK(run(*store, put_until("a", "2", far)) == "committed found=1");
    CHECK(run(*store, put_keeping("a", "3")) == "committed found=1");
    CHECK(expiry() == far);
    CHECK(run(*store, put("a", "4")) == "committed found=1");
    CHECK(expiry() == 0);
  }

  TEST_CASE("keep: a race over the added check is run again, never shown") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(trial.backend());
    const uint64_t far = store->now_ms() + 3'600'000;
    CHECK(run(*store, put_until("a", "1", far)) == "committed found=0");
    {
      const Lock lock(trial.mutex);
      trial.batches.clear();
      trial.meddle = [](TrialDisk &disk) { disk.items["a"].revision = ++disk.revision; };
    }
    CHECK(run(*store, put_keeping("a", "2")) == "committed found=1");
    CHECK(batches(trial) == std::vector<size_t>{1, 1});
    {
      const Lock lock(trial.mutex);
      trial.meddle = [](TrialDisk &disk) { disk.items["a"].revision = ++disk.revision; };
    }
    CHECK(run(*store, when({Kind::kAbsent, "a", 0}, put_keeping("a", "3"))).substr(0, 12) ==
          "conflict [0]");
    const Lock lock(trial.mutex);
    CHECK(trial.disks["default"].items["a"].value == "2");
    CHECK(trial.disks["default"].items["a"].expires_ms == far);
  }

  TEST_CASE("keep: after sixteen lost races it gives up as busy") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(trial.backend());
    CHECK(run(*store, put("a", "1")) == "committed found=0");
    std::function<void(TrialDisk &)> again = [&](TrialDisk &disk) NAVISTORE_REQUIRES(trial.mutex) {
      disk.items["a"].revision = ++disk.revision;
      trial.meddle = again;
    };
    {
      const Lock lock(trial.mutex);
      trial.batches.clear();
      trial.meddle = again;
    }
    CHECK(run(*store, put_keeping("a", "2")) == "failed busy");
    const Lock lock(trial.mutex);
    CHECK(trial.batches.size() == 16);
    trial.meddle = nullptr;
  }
}

}  // namespace navistore::store
