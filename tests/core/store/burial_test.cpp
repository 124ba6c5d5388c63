// SPDX-License-Identifier: Apache-2.0
// Tombstones that are put where nothing can be seen: peers get them, watchers do not.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/store/store.hpp"
#include "tests/core/store/support/stores.hpp"

using namespace navistore::store;
using namespace navistore::store::testing;

namespace {

constexpr uint64_t kLong = 3'600'000;  // ms that a tombstone is kept

std::unique_ptr<Store> replicating_store(const navistore::host::Backend &backend,
                                         const ScratchDirectory &directory) {
  auto store = open_store(backend, options_in(directory));
  REQUIRE(store->start_replicating());
  return store;
}

// What a peer sends of a delete; of one that nobody saw there when silent is set.
Transaction tombstone(Store &store, const std::string &key, uint64_t stamp_ms, Seen seen) {
  Meta meta;
  meta.stamp = {stamp_ms, 0, 7};
  meta.tombstone = true;
  meta.silent = seen == Seen::kNothing;
  Transaction transaction;
  Operation &op = transaction.operations.emplace_back();
  op.kind = Operation::Kind::kCopy;
  op.key = key;
  op.expiry = {Expiry::Kind::kAt, store.now_ms() + kLong};
  encode_meta(meta, op.meta);
  return transaction;
}

// "a=1 a- a~ mark": what a watcher gets, up to the first mark that was put for one.
std::string seen_after(Store &store, uint64_t revision, Interest::Burials burials) {
  WatchOptions options;
  options.interest = {Interest::Kind::kPrefix, "", burials};
  options.since = revision;
  auto watcher = store.feed().watch(std::move(options), [] {});
  run(store, put("mark", "m"));
  std::string seen;
  const auto all = [&] {
    for (const Notice &notice : watcher->take(100).notices) {
      const Event &event = *notice.event;
      seen += event.key;
      if (event.key == "mark") return true;
      switch (event.kind) {
        case Event::Kind::kPut: seen += "=" + event.value; break;
        case Event::Kind::kDelete: seen += "-"; break;
        case Event::Kind::kExpire: seen += "!"; break;
        case Event::Kind::kBury: seen += "~"; break;
        case Event::Kind::kClear: seen += "?"; break;
      }
      seen += " ";
    }
    return false;
  };
  CHECK(eventually(all));
  return seen;
}

constexpr auto kHidden = Interest::Burials::kHidden;
constexpr auto kShown = Interest::Burials::kShown;

}  // namespace

TEST_SUITE_BEGIN("core/store");

TEST_CASE("burial: a tombstone in an expired item's place is no second event") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    const ScratchDirectory directory;
    auto store = replicating_store(backend, directory);
    const uint64_t start = store->revision();
    commit(*store, put_until("a", "1", store->now_ms() + 20));
    const uint64_t written = store->revision();
    REQUIRE(eventually([&] { return store->feed().newest_under("a") > written; }));
    const uint64_t newest = store->feed().newest_under("a");
    CHECK(run(*store, tombstone(*store, "a", 1, Seen::kSomething)) == "committed found=1");
    CHECK(store->feed().newest_under("a") == newest);
    CHECK(seen_after(*store, start, kHidden) == "a=1 a! mark");
    CHECK(seen_after(*store, start, kShown) == "a=1 a! a~ mark");
  }
}

TEST_CASE("burial: whether a copied delete is seen is decided where it is applied") {
  const ScratchDirectory directory;
  auto store = replicating_store(memory_backend(), directory);
  run(*store, put("live", "1"));
  const uint64_t start = store->revision();
  const uint64_t later = store->now_ms() + 1'000;
  for (const char *key : {"live", "nothing"}) {
    run(*store, tombstone(*store, key, later, Seen::kNothing));
    run(*store, tombstone(*store, key, later + 1, Seen::kSomething));
  }
  CHECK(seen_after(*store, start, kHidden) == "live- mark");
  CHECK(seen_after(*store, start, kShown) == "live- live~ nothing~ nothing~ mark");
}

TEST_CASE("burial: one that is read from the backend's history is as silent, unless it is alone") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    const ScratchDirectory directory;
    auto store = replicating_store(backend, directory);
    const uint64_t start = store->revision();
    commit(*store, put("a", "1"));
    run(*store, testing::remove("a"));
    run(*store, tombstone(*store, "a", store->now_ms() + 1'000, Seen::kSomething));
    const bool full = store->facts().full_history;
    if (store->facts().persistent) {
      store.reset();
      store = open_store(backend, options_in(directory));
    } else {
      for (int i = 0; i < 20'000; ++i) commit(*store, put("b", "1"));  // so that the ring forgets
    }
    const std::string seen = seen_after(*store, start, kHidden);
    CHECK(seen.substr(0, 8) == (full ? "a=1 a- b" : "a- mark"));
  }
}

TEST_SUITE_END();
