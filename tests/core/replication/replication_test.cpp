// SPDX-License-Identifier: Apache-2.0
// The list of peers while it changes.
#include "core/replication/replication.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/replication/classic_peers.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::replication;
using namespace navistore::store::testing;
namespace store = navistore::store;

namespace {

bool buried(store::Store &of, const std::string &key) {
  bool found = false;
  store::ScanQuery query;
  query.tombstones = store::Tombstones::kShown;
  const auto end = of.scan(query, [&](size_t, const store::ItemView &item) {
    found = found || (item.key == key && item.meta.tombstone());
    return true;
  });
  return end && found;
}

uint64_t oldest_change(store::Store &of) {
  const auto stats = of.stats();
  return stats ? stats.value().oldest_change : 0;
}

std::set<std::string> ids_of(const Replication &replication) {
  std::set<std::string> ids;
  for (const PeerStatus &peer : replication.status()) ids.insert(peer.id);
  return ids;
}

std::vector<Peer> nobody_at(const std::string &id) {
  return {{id, "http://127.0.0.1:1", {}, Peer::Kind::kV1}};
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("replication: while the list is replaced a write still waits for as many peers") {
  auto store = open_store(memory_backend());
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a")));
  std::atomic<bool> over{false};
  std::thread operators([&] {
    for (int i = 0; i < 50; ++i) {
      const auto set =
          replication.value()->set_peers(Peer::Kind::kV1, nobody_at(i % 2 == 0 ? "b" : "a"));
      if (!set) break;
    }
    over = true;
  });
  size_t fewest = SIZE_MAX;
  bool pushes = true;
  while (!over) {
    pushes = pushes && replication.value()->pushes();
    replication.value()->when_acknowledged(
        1, 1, 0, [&](Replication::Acknowledged now) { fewest = std::min(fewest, now.of); });
  }
  operators.join();
  CHECK(fewest == 1);
  CHECK(pushes);
}

TEST_CASE("replication: a peer that is removed leaves no cursor behind") {
  auto store = open_store(memory_backend());
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  const auto cursor = [&] {
    const auto record = store->record("replication.cursor.b");
    return record ? record.value() : "failed";
  };
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("b")));
  REQUIRE(eventually([&] { return !replication.value()->status().front().last_error.empty(); }));
  auto moved = nobody_at("b");
  moved.front().url = "http://127.0.0.1:2";
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, moved));
  CHECK_FALSE(cursor().empty());  // another URL: it goes on from there
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, {}));
  CHECK(cursor().empty());
}

TEST_CASE("replication: peers of both kinds stay apart, and are there after a restart") {
  ScratchDirectory directory;
  auto store = open_store(sqlite_backend(), options_in(directory));
  const auto classic = parse_classic_peers("http://127.0.0.1:1");
  REQUIRE(classic);
  const std::set<std::string> both{"b", classic.value().front().id};
  for (int opened = 0; opened < 2; ++opened) {
    auto replication = Replication::open(*store, {});
    REQUIRE(replication);
    if (opened == 0) {
      REQUIRE(replication.value()->set_peers(Peer::Kind::kClassic, classic.value()));
      REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("b")));
    }
    CHECK(ids_of(*replication.value()) == both);
    CHECK(replication.value()->peers(Peer::Kind::kV1) == nobody_at("b"));
    CHECK(replication.value()->peers(Peer::Kind::kClassic) == classic.value());
    replication.value().reset();
    store.reset();
    store = open_store(sqlite_backend(), options_in(directory));
  }
}

TEST_CASE("replication: a peer that stays in the list goes on undisturbed") {
  auto store = open_store(memory_backend());
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a")));
  REQUIRE(eventually([&] { return !replication.value()->status().front().last_error.empty(); }));
  for (int i = 0; i < 20; ++i) {
    auto peers = nobody_at("a");
    if (i % 2 == 0) peers.push_back(nobody_at("b").front());
    REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, peers));
    CHECK_FALSE(replication.value()->status().front().last_error.empty());
  }
}

TEST_CASE("replication: only a peer that there is can be resynced") {
  auto store = open_store(memory_backend());
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a")));
  CHECK(replication.value()->resync("a"));
  const auto missing = replication.value()->resync("b");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == navistore::Code::kNotFound);
}

TEST_CASE("replication: what expires is buried, whatever turned replication on") {
  for (const std::string by : {"a peer", "an encoded batch", "a batch", "an earlier run"}) {
    CAPTURE(by);
    auto store = open_store(memory_backend());
    if (by == "an earlier run") REQUIRE(store->start_replicating());
    auto replication = Replication::open(*store, {});
    REQUIRE(replication);
    ChangeBatch batch;
    batch.node = store->node() + 1;
    if (by == "a peer") REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a")));
    if (by == "an encoded batch") REQUIRE(replication.value()->apply(encode(batch)));
    if (by == "a batch") REQUIRE(replication.value()->apply(batch));
    REQUIRE(eventually([&] {  // it follows the feed
      const auto record = store->record("replication.expired");
      return record && !record.value().empty();
    }));
    run(*store, put_until("k", "v", store->now_ms() + 50));
    CHECK(eventually([&] { return buried(*store, "k"); }));
  }
}

TEST_CASE("replication: the feed is kept for a peer while there is one, and else trimmed") {
  store::StoreOptions options;
  options.history = 1'000;
  options.trim_every_ms = 10;
  auto store = open_store(memory_backend(), options);
  for (int i = 0; i < 500; ++i) run(*store, put("a", "1"));
  REQUIRE(store->start_replicating());
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a")));
  REQUIRE(eventually([&] { return !replication.value()->status().front().last_error.empty(); }));
  for (int i = 0; i < 1'200; ++i) run(*store, put("a", "1"));
  const uint64_t since = store->now_ms();
  REQUIRE(eventually([&] { return store->now_ms() > since + 300; }));
  CHECK(oldest_change(*store) == 1);
  REQUIRE(replication.value()->set_peers(Peer::Kind::kV1, {}));
  // By now and then a write, for which alone the limit of what is held would not be reached.
  uint64_t next_ms = 0;
  CHECK(eventually([&] {
    if (store->now_ms() > next_ms) {
      run(*store, put("a", "1"));
      next_ms = store->now_ms() + 100;
    }
    return oldest_change(*store) > 500;
  }));
}

TEST_CASE("replication: a backend without changes has no peers") {
  Trial trial(NAVI_CAP_PERSISTENT);
  auto store = open_store(Trial::backend(Trial::Offers::kStoreOnly));
  auto replication = Replication::open(*store, {});
  REQUIRE(replication);
  const auto set = replication.value()->set_peers(Peer::Kind::kV1, nobody_at("a"));
  REQUIRE_FALSE(set);
  CHECK(set.error().code == navistore::Code::kUnsupported);
  CHECK_FALSE(replication.value()->pushes());
}

TEST_SUITE_END();
