// SPDX-License-Identifier: Apache-2.0
// A store with replication on: what clients see, what is kept, and what copies do.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <string>

#include "core/store/stamp.hpp"
#include "core/store/store.hpp"
#include "tests/core/store/support/stores.hpp"

using namespace navistore::store;
using namespace navistore::store::testing;

namespace {

Transaction copy(const std::string &key, const std::string &value, Stamp stamp,
                 Expiry expiry = {}) {
  Meta meta;
  meta.size = value.size();
  meta.stamp = stamp;
  Transaction transaction;
  Operation &op = transaction.operations.emplace_back();
  op.kind = Operation::Kind::kCopy;
  op.key = key;
  op.value = value;
  op.expiry = expiry;
  encode_meta(meta, op.meta);
  return transaction;
}

Transaction copy_of_delete(const std::string &key, Stamp stamp, uint64_t expires_ms) {
  Transaction transaction = copy(key, {}, stamp, {Expiry::Kind::kAt, expires_ms});
  Meta meta;
  meta.stamp = stamp;
  meta.tombstone = true;
  encode_meta(meta, transaction.operations.front().meta);
  return transaction;
}

std::unique_ptr<Store> replicating_store(StoreOptions options = {}) {
  auto store = open_store(memory_backend(), std::move(options));
  REQUIRE(store->start_replicating());
  return store;
}

// "a=1 b!": every item, a tombstone with '!'.
std::string dump_all(Store &store) {
  std::string out;
  ScanQuery query;
  query.values = Values::kWith;
  query.tombstones = Tombstones::kShown;
  const auto end = store.scan(query, [&](size_t, const ItemView &item) {
    out.append(out.empty() ? "" : " ").append(item.key);
    out += item.meta.tombstone() ? "!" : "=" + std::string(item.value);
    return true;
  });
  return end ? out : end.error().message;
}

uint64_t revision_of(Store &store, const std::string &key) {
  uint64_t revision = 0;
  const std::string_view view = key;
  const auto read = store.read(&view, 1, Values::kWithout, [&](size_t, const ItemView &item) {
    revision = item.revision;
    return true;
  });
  return read ? revision : 0;
}

Condition condition(Condition::Kind kind, const std::string &key, uint64_t revision = 0) {
  return {kind, key, revision};
}

// A stamp that is not ahead of any clock, but above every other one of this file.
Stamp stamp_at(uint64_t ms, uint64_t node = 7) { return {ms, 0, node}; }

// Runs on the committer's thread, so that no sweep comes between.
void alone(Store &store, const std::function<void(ExclusiveWriter &)> &work) {
  std::promise<void> done;
  store.submit_exclusive(
      [&](ExclusiveWriter &writer) {
        work(writer);
        done.set_value();
      },
      [&](const navistore::Error &) { done.set_value(); });
  done.get_future().get();
}

// Puts an item with a stamp of 30, and returns when its time has come.
void put_due(Store &store, ExclusiveWriter &writer, const std::string &key) {
  const uint64_t soon = store.now_ms() + 20;
  CHECK(text(writer.commit(copy(key, "due", stamp_at(30), {Expiry::Kind::kAt, soon}))) ==
        "committed found=1");
  REQUIRE(eventually([&] { return store.now_ms() > soon; }));
}

Stamp stamp_of(Store &store, const std::string &key) {
  Stamp stamp;
  const std::string_view view = key;
  const auto read = store.read(&view, 1, Values::kWithout, [&](size_t, const ItemView &item) {
    stamp = item.meta.stamp();
    return true;
  });
  REQUIRE(read);
  return stamp;
}

}  // namespace

TEST_SUITE_BEGIN("core/store");

TEST_CASE("tombstone: a delete leaves one, which nobody but a peer sees") {
  auto store = replicating_store();
  CHECK(run(*store, put("a", "1")) == "committed found=0");
  CHECK(run(*store, put("b", "2")) == "committed found=0");
  CHECK(run(*store, testing::remove("a")) == "committed found=1");
  CHECK(dump(*store) == "b=2");
  CHECK(dump_all(*store) == "a! b=2");
  CHECK(get(*store, "a") == "-");
}

TEST_CASE("tombstone: it counts as absent for writes and conditions") {
  auto store = replicating_store();
  run(*store, put("a", "1"));
  run(*store, testing::remove("a"));
  CHECK(run(*store, testing::remove("a")) == "committed found=0");
  CHECK(run(*store, when(condition(Condition::Kind::kPresent, "a"), put("a", "2"))) ==
        "conflict [0] current=0");
  CHECK(run(*store, when(condition(Condition::Kind::kAbsent, "a"), put("a", "3"))) ==
        "committed found=0");
  CHECK(dump_all(*store) == "a=3");
}

TEST_CASE("tombstone: a delete of what is not there makes no revision") {
  auto store = replicating_store();
  run(*store, put("a", "1"));
  const uint64_t before = store->revision();
  CHECK(run(*store, testing::remove("nothing")) == "committed found=0");
  CHECK(store->revision() == before);
}

TEST_CASE("tombstone: conditions on revisions hold, and a false one names itself") {
  auto store = replicating_store();
  run(*store, put("a", "1"));
  const uint64_t revision = revision_of(*store, "a");
  const auto equal = [&](uint64_t wanted) {
    return when(condition(Condition::Kind::kRevision, "a", wanted), put("a", "2"));
  };
  CHECK(run(*store, equal(revision + 5)) == "conflict [0] current=" + std::to_string(revision));
  CHECK(run(*store, equal(revision)) == "committed found=1");
  CHECK(get(*store, "a") == "2");
}

TEST_CASE("tombstone: watchers see a delete, and nothing when the tombstone ends") {
  auto store = replicating_store();
  run(*store, put("a", "1"));
  auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
  run(*store, testing::remove("a"));
  const uint64_t deleted_at = store->revision();
  std::string seen;
  const auto collect = [&] {
    auto taken = watcher->take(16);
    for (const Notice &notice : taken.notices) {
      seen += notice.event->kind == Event::Kind::kDelete ? "delete " : "other ";
    }
    return taken.cursor >= deleted_at && !seen.empty();
  };
  CHECK(eventually(collect));
  CHECK(seen == "delete ");
}

TEST_CASE("tombstone: one that has had its time is removed, without an event") {
  StoreOptions options;
  options.tombstone_ms = 1;
  auto store = replicating_store(options);
  run(*store, put("a", "1"));
  auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
  run(*store, testing::remove("a"));
  CHECK(eventually([&] { return store->stats().value().items == 0; }));
  run(*store, put("b", "1"));
  std::string seen;
  CHECK(eventually([&] {
    for (const Notice &notice : watcher->take(16).notices) {
      seen += notice.event->key +
              (notice.event->kind == Event::Kind::kDelete ? " deleted, " : " put, ");
    }
    return seen.find("b put") != std::string::npos;
  }));
  CHECK(seen == "a deleted, b put, ");
}

TEST_CASE("copy: the newer version stays, whatever comes first and however often") {
  auto store = replicating_store();
  CHECK(run(*store, copy("a", "new", stamp_at(20))) == "committed found=1");
  CHECK(run(*store, copy("a", "old", stamp_at(10))) == "committed found=0");
  CHECK(run(*store, copy("a", "new", stamp_at(20))) == "committed found=0");
  CHECK(run(*store, copy("a", "newest", stamp_at(20, 8))) == "committed found=1");
  CHECK(dump(*store) == "a=newest");
}

TEST_CASE("copy: a delete wins over older puts that come after it") {
  auto store = replicating_store();
  const uint64_t later = store->now_ms() + 60'000;
  CHECK(run(*store, copy_of_delete("a", stamp_at(20), later)) == "committed found=1");
  CHECK(run(*store, copy("a", "old", stamp_at(10))) == "committed found=0");
  CHECK(dump_all(*store) == "a!");
  CHECK(run(*store, copy("a", "again", stamp_at(30))) == "committed found=1");
  CHECK(run(*store, copy_of_delete("a", stamp_at(20), later)) == "committed found=0");
  CHECK(dump_all(*store) == "a=again");
}

TEST_CASE("copy: what has expired is not put where nothing is") {
  auto store = replicating_store();
  CHECK(run(*store, copy("a", "1", stamp_at(20), {Expiry::Kind::kAt, 21})) == "committed found=0");
  CHECK(dump_all(*store).empty());
}

TEST_CASE("copy: a write of this server exceeds the copy that it replaces") {
  auto store = replicating_store();
  const uint64_t ahead = store->now_ms() + 60'000;
  run(*store, copy("a", "theirs", stamp_at(ahead)));
  CHECK(run(*store, put("a", "ours")) == "committed found=1");
  CHECK(run(*store, copy("a", "theirs", stamp_at(ahead, UINT64_MAX))) == "committed found=0");
  CHECK(dump(*store) == "a=ours");
}

TEST_CASE("copy: an expired item that was not removed yet yields to newer copies only") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    ScratchDirectory directory;
    auto store = open_store(backend, options_in(directory));
    REQUIRE(store->start_replicating());
    alone(*store, [&](ExclusiveWriter &writer) {
      put_due(*store, writer, "a");
      CHECK(text(writer.commit(copy("a", "older", stamp_at(20)))) == "committed found=0");
      CHECK(dump(*store).empty());
      CHECK(text(writer.commit(copy_of_delete("a", stamp_at(30), store->now_ms() + 60'000))) ==
            "committed found=1");
      CHECK(dump_all(*store) == "a!");
      put_due(*store, writer, "b");
      CHECK(text(writer.commit(copy("b", "newer", stamp_at(40)))) == "committed found=1");
      CHECK(dump(*store) == "b=newer");
    });
  }
}

TEST_CASE("copy: a write exceeds the expired item that it replaces, which is absent to it") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    ScratchDirectory directory;
    auto store = open_store(backend, options_in(directory));
    REQUIRE(store->start_replicating());
    const Stamp ahead = stamp_at(store->now_ms() + 60'000);
    alone(*store, [&](ExclusiveWriter &writer) {
      const uint64_t soon = store->now_ms() + 20;
      writer.commit(copy("a", "due", ahead, {Expiry::Kind::kAt, soon}));
      REQUIRE(eventually([&] { return store->now_ms() > soon; }));
      CHECK(text(writer.commit(testing::remove("a"))) == "committed found=0");
      CHECK(text(writer.commit(when(condition(Condition::Kind::kAbsent, "a"), put("a", "ours")))) ==
            "committed found=0");
    });
    CHECK(dump(*store) == "a=ours");
    CHECK(compare(stamp_of(*store, "a"), ahead) > 0);
  }
}

TEST_CASE("copy: no stamp is made past the clock's kept bound, however far ahead a copy's is") {
  ScratchDirectory directory;
  auto store = open_store(sqlite_backend(), options_in(directory));
  REQUIRE(store->start_replicating());
  std::atomic<int> committed{0};
  const auto count = [&](const CommitResult &result) {
    committed += result.kind == CommitResult::Kind::kCommitted ? 1 : 0;
  };
  alone(*store, [&](ExclusiveWriter &) {  // both come into one group
    store->submit(copy("a", "theirs", stamp_at(store->now_ms() + 60'000)), count);
    store->submit(put("b", "ours"), count);
  });
  REQUIRE(eventually([&] { return committed == 2; }));
  const auto bound = store->record("clock");
  REQUIRE(bound);
  CHECK(stamp_of(*store, "b").ms > stamp_of(*store, "a").ms - 1);
  CHECK(stamp_of(*store, "b").ms < std::stoull(bound.value(), nullptr, 16));
}

TEST_CASE("copy: of a transaction, all that is newer is put under one revision") {
  auto store = replicating_store();
  run(*store, copy("b", "stays", stamp_at(30)));
  Transaction both = copy("a", "1", stamp_at(20));
  both.operations.push_back(copy("b", "2", stamp_at(20)).operations.front());
  both.operations.push_back(copy("c", "3", stamp_at(20)).operations.front());
  CHECK(run(*store, std::move(both)) == "committed found=101");
  CHECK(dump(*store) == "a=1 b=stays c=3");
  CHECK(revision_of(*store, "a") == revision_of(*store, "c"));
}

TEST_CASE("copy: refused while replication is off") {
  auto store = open_store(memory_backend());
  CHECK(run(*store, copy("a", "1", stamp_at(20))) == "failed invalid");
}

TEST_CASE("replicating: many writers of one key each get their turn") {
  ScratchDirectory directory;
  auto store = open_store(sqlite_backend(), options_in(directory));
  REQUIRE(store->start_replicating());
  constexpr int kWrites = 100;
  std::atomic<int> committed{0};
  for (int i = 0; i < kWrites; ++i) {
    store->submit(put("a", std::to_string(i)), [&](const CommitResult &result) {
      if (result.kind == CommitResult::Kind::kCommitted) ++committed;
    });
  }
  CHECK(eventually([&] { return committed == kWrites; }));
  CHECK(get(*store, "a") == std::to_string(kWrites - 1));
}

TEST_CASE("replicating: it stays on after the store was closed") {
  ScratchDirectory directory;
  {
    auto store = open_store(sqlite_backend(), options_in(directory));
    CHECK_FALSE(store->replicating());
    REQUIRE(store->start_replicating());
    REQUIRE(store->keep_record("peers", "[]"));
  }
  auto store = open_store(sqlite_backend(), options_in(directory));
  CHECK(store->replicating());
  const auto peers = store->record("peers");
  REQUIRE(peers);
  CHECK(peers.value() == "[]");
  CHECK(dump_all(*store).empty());
}

TEST_SUITE_END();
