// SPDX-License-Identifier: Apache-2.0
// Group G: revisions number the commits and never come again.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("G.unique_increasing", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  uint64_t newest = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i % 7);
    const ApplyAnswer answer =
        store.apply({Txn().put(key, "1"), Txn().put(key, "2"), Txn().del(key)});
    REQUIRE(outcomes(answer) == "OK OK OK");
    for (const TxnResult &result : answer.results) {
      REQUIRE_MESSAGE(result.revision > newest,
                      "revision " << result.revision << " after " << newest);
      newest = result.revision;
    }
  }
  CHECK(store.stats().revision == newest);
}

NAVI_CASE("G.item_carries", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t first = store.txn(Txn().put("a", "1").put("b", "1")).revision;
  const uint64_t second = store.txn(Txn().put("a", "2").put("c", "2")).revision;
  const ReadAnswer answer = store.read({"a", "b", "c"});
  REQUIRE((answer.ok() && answer.items[0] && answer.items[1] && answer.items[2]));
  CHECK(answer.items[0]->revision == second);
  CHECK(answer.items[1]->revision == first);
  CHECK(answer.items[2]->revision == second);
  for (const Item &item : store.scan_all()) {
    CHECK_MESSAGE(item.revision == (item.key == "b" ? first : second), "scan, key " << item.key);
  }
}

NAVI_CASE("G.reply_covers", kGate, needs()) {
  Store &store = fixture.store();
  CHECK_MESSAGE(store.read({"a"}).revision == 0, "a reply of a store in which nothing was written");
  const uint64_t put = store.put("a", "1").revision;
  CHECK(store.read({"a"}).revision == put);
  CHECK(store.read({"missing"}, {NAVI_F_SNAPSHOT}).revision == put);
  CHECK(store.scan().revision == put);
  CHECK(store.stats().revision == put);
  const uint64_t deleted = store.del("a").revision;
  CHECK(deleted > put);
  CHECK(store.read({"a"}).revision == deleted);
  CHECK(store.scan().revision == deleted);
  const Reply clear = store.clear();
  CHECK(clear.revision >= deleted);
  CHECK(store.scan().revision == clear.revision);
}

NAVI_CASE("G.survives_delete", kGate, needs()) {
  Store &store = fixture.store();
  uint64_t newest = 0;
  for (int i = 0; i < 5; ++i) {
    const uint64_t put = store.put("a", "1").revision;
    CHECK(put > newest);
    const uint64_t deleted = store.del("a").revision;
    CHECK(deleted > put);
    newest = deleted;
  }
  CHECK(store.read({"a"}).revision == newest);
}

NAVI_CASE("G.survives_clear", kGate, needs()) {
  Store &store = fixture.store();
  uint64_t newest = 0;
  for (int i = 0; i < 3; ++i) {
    const uint64_t put = store.txn(Txn().put("a", "1").put("b", "2")).revision;
    CHECK(put > newest);
    const Reply clear = store.clear();
    CHECK(clear.ok());
    CHECK(clear.revision > put);
    CHECK(store.dump().empty());
    newest = clear.revision;
  }
  CHECK(store.put("a", "1").revision > newest);
}

NAVI_CASE("G.survives_reopen", kGate, needs(kPersistent)) {
  REQUIRE(fixture.store().put("a", "1").ok());
  uint64_t newest = fixture.store().put("b", "1").revision;
  CHECK(fixture.reopen().stats().revision == newest);
  const uint64_t deleted = fixture.store().txn(Txn().del("a").del("b")).revision;
  CHECK(deleted > newest);
  CHECK(fixture.reopen().read({"a"}).revision == deleted);
  const uint64_t cleared = fixture.store().put("c", "1").revision;
  CHECK(cleared > deleted);
  newest = fixture.store().clear().revision;
  CHECK(newest > cleared);
  const uint64_t next = fixture.reopen().put("a", "2").revision;
  CHECK_MESSAGE(next > newest, "a revision was used again after a reopen");
  const std::optional<Item> item = fixture.reopen().get("a");
  REQUIRE(item);
  CHECK(item->revision == next);
}

}  // namespace navistore::conformance
