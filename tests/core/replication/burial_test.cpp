// SPDX-License-Identifier: Apache-2.0
// What becomes of items that expire where deletes must travel.
#include "core/replication/burial.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using navistore::replication::Burial;
using namespace navistore::store::testing;
namespace store = navistore::store;
using navistore::Lock;

namespace {

constexpr uint64_t kHour = 3'600'000;

// The keys of the tombstones: "a b ".
std::string graves(store::Store &of) {
  std::string keys;
  store::ScanQuery query;
  query.tombstones = store::Tombstones::kShown;
  const auto end = of.scan(query, [&](size_t, const store::ItemView &item) {
    if (item.meta.tombstone()) keys += std::string(item.key) + " ";
    return true;
  });
  return end ? keys : end.error().message;
}

void put_for_a_moment(store::Store &to, const std::string &key) {
  run(to, put_until(key, "v", to.now_ms() + 50));
}

// Its place in the feed is known from then on.
bool follows(store::Store &of) {
  return eventually([&] {
    const auto record = of.record("replication.expired");
    return record && !record.value().empty();
  });
}

bool follows_from(const Burial &burial, uint64_t revision) {
  return eventually([&] { return burial.wants_after() >= revision; });
}

void reset(store::Store &store) {
  std::promise<void> done;
  store.reset([&](const navistore::Result<uint64_t> &) { done.set_value(); });
  done.get_future().get();
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("burial: what expired while it was away is buried when it is back") {
  ScratchDirectory directory;
  auto source = open_store(sqlite_backend(), options_in(directory));
  REQUIRE(source->start_replicating());
  {
    const Burial burial(*source, kHour);
    REQUIRE(follows(*source));
    put_for_a_moment(*source, "before");
    REQUIRE(eventually([&] { return graves(*source) == "before "; }));
  }
  put_for_a_moment(*source, "meanwhile");
  REQUIRE(eventually([&] { return dump(*source).empty(); }));
  run(*source, put("last", "1"));
  source.reset();
  source = open_store(sqlite_backend(), options_in(directory));
  const Burial burial(*source, kHour);
  CHECK(eventually([&] { return graves(*source) == "before meanwhile "; }));
}

TEST_CASE("burial: its place is kept where nothing was written yet, too") {
  auto source = open_store(memory_backend());
  REQUIRE(source->start_replicating());
  {
    const Burial burial(*source, kHour);
    REQUIRE(follows(*source));
  }
  put_for_a_moment(*source, "a");
  REQUIRE(eventually([&] { return source->revision() == 2; }));  // the item, and its end
  const Burial burial(*source, kHour);
  CHECK(eventually([&] { return graves(*source) == "a "; }));
}

TEST_CASE("burial: a write that fails is made again") {
  Trial trial(NAVI_CAP_PERSISTENT);
  auto source = open_store(Trial::backend());
  REQUIRE(source->start_replicating());
  const Burial burial(*source, kHour);
  REQUIRE(follows(*source));
  put_for_a_moment(*source, "a");
  {
    const Lock lock(trial.mutex);
    trial.next_status = NAVI_NO_SPACE;
  }
  REQUIRE(eventually([&] {
    const Lock lock(trial.mutex);
    return trial.next_status == NAVI_OK;
  }));
  CHECK(eventually([&] { return graves(*source) == "a "; }));
}

TEST_CASE("burial: it goes on after a reset of the store, from the new beginning") {
  auto source = open_store(memory_backend());
  REQUIRE(source->start_replicating());
  auto burial = std::make_unique<Burial>(*source, kHour);
  REQUIRE(follows(*source));
  for (int i = 0; i < 100; ++i) run(*source, put("a", "1"));
  put_for_a_moment(*source, "before");
  REQUIRE(eventually([&] { return graves(*source) == "before "; }));
  reset(*source);
  REQUIRE(follows_from(*burial, source->revision()));
  put_for_a_moment(*source, "b");
  CHECK(eventually([&] { return graves(*source) == "b "; }));
  burial.reset();
  reset(*source);  // what was kept is of the past
  burial = std::make_unique<Burial>(*source, kHour);
  REQUIRE(follows_from(*burial, source->revision()));
  put_for_a_moment(*source, "c");
  CHECK(eventually([&] { return graves(*source) == "c "; }));
}

TEST_CASE("burial: where changes are no longer kept it goes on with those that are") {
  store::StoreOptions options;
  options.history = 100;
  options.trim_every_ms = 10;
  auto source = open_store(memory_backend(), options);
  REQUIRE(source->start_replicating());
  {
    const Burial burial(*source, kHour);
    REQUIRE(follows(*source));
  }
  for (int i = 0; i < 2'000; ++i) run(*source, put("a", "1"));
  REQUIRE(eventually([&] {
    const auto stats = source->stats();
    return stats && stats.value().oldest_change > 1'000;
  }));
  const uint64_t before = source->revision();
  put_for_a_moment(*source, "b");
  REQUIRE(eventually([&] { return source->revision() == before + 2; }));  // the item, and its end
  const Burial burial(*source, kHour);
  CHECK(eventually([&] { return graves(*source) == "b "; }));
}

TEST_CASE("burial: what was buried is no longer wanted of the feed") {
  auto source = open_store(memory_backend());
  REQUIRE(source->start_replicating());
  run(*source, put("a", "1"));
  const Burial burial(*source, kHour);
  REQUIRE(follows_from(burial, 1));
  CHECK(eventually([&] {  // where nothing changes, nothing is kept
    run(*source, put("a", "1"));
    return burial.wants_after() > 1;
  }));
  CHECK(burial.wants_after() <= source->revision());
}

TEST_SUITE_END();
