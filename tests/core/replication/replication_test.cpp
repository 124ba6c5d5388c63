// SPDX-License-Identifier: Apache-2.0
// The list of peers while it changes.
#include "core/replication/replication.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/core/store/support/stores.hpp"

using namespace navistore::replication;
using namespace navistore::store::testing;

namespace {

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

TEST_SUITE_END();
