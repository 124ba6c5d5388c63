// SPDX-License-Identifier: Apache-2.0
// Senders over a channel that leads straight into another store, and can be cut.
#include "core/replication/sender.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/replication/burial.hpp"
#include "tests/core/replication/direct_channel.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::replication;
using namespace navistore::replication::testing;
using namespace navistore::store::testing;
namespace store = navistore::store;

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("sender: a new peer gets all there is, then every change") {
  auto source = open_store(memory_backend());
  for (int i = 0; i < 2'500; ++i) run(*source, put("k" + std::to_string(i), std::to_string(i)));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
  run(*source, navistore::store::testing::remove("k7"));
  run(*source, put("new", "1"));
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
  CHECK(sender->status().state == PeerState::kStreaming);
}

TEST_CASE("sender: the lag is what was withheld, and goes when the peer is back") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  run(*source, put("a", "0"));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  for (int i = 0; i < 50; ++i) run(*source, put("a", std::to_string(i)));
  CHECK(eventually([&] { return sender->status().state == PeerState::kRetrying; }));
  CHECK(sender->status().lag_revisions == 50);
  CHECK(sender->status().last_error == "cut");
  CHECK(get(*target.store, "a") == "0");
  const uint64_t since = source->now_ms();
  CHECK(eventually([&] { return source->now_ms() > since + 50; }));
  CHECK(sender->status().lag_ms >= 50);
  target.cut = false;
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(sender->status().lag_revisions == 0);
  CHECK(sender->status().lag_ms == 0);
  CHECK(sender->status().last_error.empty());
  CHECK(get(*target.store, "a") == "49");
}

TEST_CASE("sender: a peer that lost its data gets all again, though nothing changes") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  run(*source, put("a", "1"));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return get(*target.store, "a") == "1"; }));
  reset(*target.store);
  CHECK(eventually([&] { return get(*target.store, "a") == "1"; }));
}

TEST_CASE("sender: the source's own reset erases nothing at the peer") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  run(*source, put("a", "1"));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return get(*target.store, "a") == "1"; }));
  reset(*source);
  run(*source, put("b", "2"));
  CHECK(eventually([&] { return get(*target.store, "b") == "2"; }));
  CHECK(dump(*target.store) == "a=1 b=2");
}

TEST_CASE("sender: after a reset a peer gets what came after it, and nothing from before") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    ScratchDirectory directory;
    auto source = open_store(backend, options_in(directory));
    Target known(open_store(memory_backend()));
    auto sender = sender_to(*source, known);
    for (int i = 0; i < 1'500; ++i) {  // more than is read of a history at once
      run(*source, put("k" + std::to_string(i), "old"));
    }
    REQUIRE(eventually([&] { return has_all(*sender, *source); }));
    const uint64_t sent = sender->status().sent;
    const std::string before = dump(*known.store);
    reset(*source);
    run(*source, put("after", "1"));
    CHECK(eventually([&] { return has_all(*sender, *source); }));
    CHECK(sender->status().state == PeerState::kStreaming);
    CHECK(sender->status().sent == sent + 1);
    CHECK(dump(*known.store) == "after=1 " + before);
    sender.reset();
    REQUIRE(source->keep_record(Sender::record_of("b"), {}));
    Target fresh(open_store(memory_backend()));
    auto to_fresh = sender_to(*source, fresh);
    CHECK(eventually([&] { return has_all(*to_fresh, *source); }));
    CHECK(to_fresh->status().sent == 1);
    CHECK(dump(*fresh.store) == "after=1");
  }
}

TEST_CASE("sender: goes on after a restart where it was") {
  ScratchDirectory directory;
  Target target(open_store(memory_backend()));
  {
    auto source = open_store(sqlite_backend(), options_in(directory));
    run(*source, put("a", "1"));
    auto sender = sender_to(*source, target);
    REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  }
  auto source = open_store(sqlite_backend(), options_in(directory));
  run(*source, put("b", "2"));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return get(*target.store, "b") == "2"; }));
  CHECK(eventually([&] { return has_all(*sender, *source); }));  // the answer came, too
  CHECK(sender->status().sent == 1);
}

TEST_CASE("sender: a peer not heard of for too long is refused until it is resynced") {
  ScratchDirectory directory;
  Target target(open_store(memory_backend()));
  SenderOptions options = quick();
  options.retention_ms = 300;
  auto source = open_store(memory_backend());
  auto sender = sender_to(*source, target, options);
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  target.cut = true;
  CHECK(eventually([&] { return sender->status().state == PeerState::kRefused; }));
  CHECK(sender->status().last_error.find("resync") != std::string::npos);
  CHECK(sender->wants_after() == UINT64_MAX);  // so that it holds nobody's history
  target.cut = false;
  const int attempts = target.attempts;
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] {
    run(*source, put("a", "1"));
    return source->now_ms() > since + 300;
  }));
  CHECK(target.attempts == attempts);
  CHECK(sender->status().state == PeerState::kRefused);
  sender->resync();
  CHECK(eventually([&] { return get(*target.store, "a") == "1"; }));
  CHECK(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
}

TEST_CASE("sender: a peer that is away is called less and less often, whatever is written") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  SenderOptions options = quick();
  options.longest_backoff = std::chrono::seconds(10);
  auto sender = sender_to(*source, target, options);
  run(*source, put("a", "0"));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  const int before = target.attempts;
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] {
    run(*source, put("a", "1"));
    return source->now_ms() > since + 1'000;
  }));
  // Each pause is at least half of 50 ms, doubled each time up to 10 s.
  CHECK(target.attempts - before < 20);
  sender->resync();  // an order does not wait
  target.cut = false;
  CHECK(eventually([&] { return has_all(*sender, *source); }));
}

TEST_CASE("sender: no pause between two tries is longer than the longest") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  const int before = target.attempts;
  CHECK(eventually([&] { return target.attempts >= before + 30; }));
}

TEST_CASE("sender: who was back is called soon again when it is away once more") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  SenderOptions options = quick();
  options.longest_backoff = std::chrono::hours(1);
  auto sender = sender_to(*source, target, options);
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  target.cut = true;
  const int before = target.attempts;
  REQUIRE(eventually([&] { return target.attempts >= before + 7; }));  // the next pause: 1.6 s
  target.cut = false;
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  target.cut = true;
  const int once_more = target.attempts;
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] { return target.attempts >= once_more + 4; }));
  CHECK(source->now_ms() - since < 4'000);
}

TEST_CASE("sender: a cursor that cannot be read is none, and the peer gets all again") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  run(*source, put("a", "1"));
  REQUIRE(source->keep_record(Sender::record_of("b"), "no cursor"));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(get(*target.store, "a") == "1");
}

TEST_CASE("sender: what was deleted before replication was on does not come to a peer") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    ScratchDirectory directory;
    auto source = open_store(backend, options_in(directory));
    run(*source, put("a", "1"));
    run(*source, put("c", "1"));
    run(*source, navistore::store::testing::remove("a"));
    run(*source, navistore::store::testing::remove("c"));
    run(*source, put("b", "2"));
    Target target(open_store(memory_backend()));
    const uint64_t since = source->now_ms();
    REQUIRE(eventually([&] { return target.store->now_ms() > since; }));
    run(*target.store, put("a", "its own"));
    auto sender = sender_to(*source, target);
    CHECK(eventually([&] { return has_all(*sender, *source); }));
    CHECK(dump(*target.store) == "a=its own b=2");
  }
}

TEST_CASE("sender: a backlog of large values goes in batches of at most 1 MiB") {
  for (const uint64_t history : {uint64_t{1'000'000}, uint64_t{10}}) {  // by the feed; by pages
    CAPTURE(history);
    store::StoreOptions remembering;
    remembering.history = history;
    remembering.trim_every_ms = 10;
    auto source = open_store(memory_backend(), remembering);
    const std::string large(300'000, 'x');
    for (int i = 0; i < 60; ++i) run(*source, put("k" + std::to_string(i), large));
    REQUIRE(eventually([&] {
      const auto stats = source->stats();
      return stats && (history > 10 || stats.value().oldest_change > 1);
    }));
    Target target(open_store(memory_backend()));
    auto sender = sender_to(*source, target);
    CHECK(eventually([&] { return has_all(*sender, *source); }));
    CHECK(dump(*target.store) == dump(*source));
    CHECK(target.largest.load() <= kMaxBytes);
    CHECK(target.largest.load() > large.size());
  }
}

TEST_CASE("sender: a transaction of more than 1 MiB goes alone and whole") {
  auto source = open_store(memory_backend());
  const std::string large(700'000, 'x');
  run(*source, put("before", large));
  store::Transaction both = put("a", large);
  both.operations.push_back(put("b", large).operations.front());
  run(*source, std::move(both));
  run(*source, put("after", large));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
  CHECK(target.largest.load() > 2 * large.size());
  CHECK(target.largest.load() < 3 * large.size());
}

TEST_CASE("sender: who refuses what is pending stays refused, and is forgotten in the end") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  SenderOptions options = quick();
  options.retention_ms = 1'000;
  auto sender = sender_to(*source, target, options);
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  target.refusing = true;
  run(*source, put("a", "1"));
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kRefused; }));
  CHECK(sender->status().last_error == "not this");
  // So much that it has to be looked up each time, which takes its moment.
  for (int i = 0; i < 60; ++i) run(*source, put("b", std::string(300'000, 'x')));
  REQUIRE(eventually([&] {
    const PeerStatus status = sender->status();
    CHECK(status.state == PeerState::kRefused);
    CHECK_FALSE(status.last_error.empty());
    return status.last_error.find("resync it") != std::string::npos;
  }));
}

TEST_CASE("sender: an expiry travels as a tombstone and beats what was there") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  Burial burial(*source, 3'600'000);
  run(*source, put_until("a", "1", source->now_ms() + 50));
  CHECK(eventually([&] {
    bool buried = false;
    store::ScanQuery query;
    query.tombstones = store::Tombstones::kShown;
    const auto end = target.store->scan(query, [&](size_t, const store::ItemView &item) {
      buried = item.key == "a" && item.meta.tombstone();
      return true;
    });
    return end && buried;
  }));
  CHECK(dump(*target.store).empty());
}

TEST_CASE("burial: items that expire together share the backend's commits") {
  constexpr size_t kItems = 500;
  store::testing::Trial trial(NAVI_CAP_PERSISTENT);
  auto source = open_store(store::testing::Trial::backend());
  REQUIRE(source->start_replicating());
  Burial burial(*source, 3'600'000);
  std::atomic<size_t> written{0};
  const uint64_t soon = source->now_ms() + 500;
  for (size_t i = 0; i < kItems; ++i) {
    source->submit(put_until("k" + std::to_string(i), "v", soon),
                   [&](const store::CommitResult &) { ++written; });
  }
  REQUIRE(eventually([&] { return written == kItems; }));
  const auto batches = [&] {
    const navistore::Lock lock(trial.mutex);
    return trial.batches.size();
  };
  const size_t before = batches();
  CHECK(eventually([&] {
    size_t buried = 0;
    store::ScanQuery query;
    query.tombstones = store::Tombstones::kShown;
    const auto end = source->scan(query, [&](size_t, const store::ItemView &item) {
      buried += item.meta.tombstone() ? 1 : 0;
      return true;
    });
    return end && buried == kItems;
  }));
  CHECK(batches() - before < kItems / 2);
}

TEST_CASE("sender: an idle peer costs no write each second") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  run(*source, put("a", "1"));
  const auto kept = [&] {
    auto record = source->record(Sender::record_of("b"));
    REQUIRE(record);
    const auto cursor = parse_cursor(record.value());
    return cursor ? cursor.value() : Cursor{};
  };
  REQUIRE(eventually([&] { return kept().revision == source->revision(); }));
  const uint64_t last_ok_ms = kept().last_ok_ms;
  REQUIRE(eventually([&] { return sender->status().last_ok_ms > last_ok_ms + 1'500; }));
  CHECK(kept().last_ok_ms == last_ok_ms);
  run(*source, put("a", "2"));  // but a cursor that moved is kept soon
  CHECK(eventually([&] { return kept().revision == source->revision(); }));
}

TEST_CASE("sender: one write to two mutual peers is applied once, and traffic stops") {
  Target left(open_store(memory_backend()));
  Target right(open_store(memory_backend()));
  REQUIRE(left.store->start_replicating());
  auto to_right = sender_to(*left.store, right);
  auto to_left = sender_to(*right.store, left);
  REQUIRE(eventually([&] { return has_all(*to_right, *left.store); }));
  REQUIRE(eventually([&] { return has_all(*to_left, *right.store); }));
  run(*left.store, put("a", "1"));
  CHECK(eventually([&] { return get(*right.store, "a") == "1"; }));
  CHECK(eventually([&] { return left.applier.counts().ignored == 1; }));
  CHECK(eventually(
      [&] { return has_all(*to_right, *left.store) && has_all(*to_left, *right.store); }));
  CHECK(right.applier.counts().applied == 1);
  CHECK(left.applier.counts().applied == 0);
  CHECK(left.store->revision() == 1);
  CHECK(right.store->revision() == 1);
}

TEST_SUITE_END();
