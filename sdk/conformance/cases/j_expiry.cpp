// SPDX-License-Identifier: Apache-2.0
// Group J: an item is live until its time, as the host tells the time.
#include <algorithm>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

constexpr uint64_t kEnd = kNow + 1000;

bool is_live(Store &store, const std::string &key, uint64_t now_ms) {
  return store.get(key, {0, now_ms}).has_value();
}

}  // namespace

// The harness tells times long past, so that a store with a clock of its own is found out.
NAVI_CASE("J.exactly_now", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1", "", kEnd))) == "OK");
  const std::optional<Item> item = store.get("a");
  REQUIRE_MESSAGE(item, "gone before its time");
  CHECK(item->expires_ms == kEnd);
  CHECK(is_live(store, "a", kEnd - 1));
  CHECK_FALSE(is_live(store, "a", kEnd));
  CHECK_FALSE(is_live(store, "a", kEnd + 1));
  CHECK_MESSAGE(is_live(store, "a", kEnd - 1), "time may go back");
  CHECK(outcome(store.txn(Txn().put("past", "1", "", 1))) == "OK");
  CHECK_FALSE(is_live(store, "past", kNow));
  CHECK(is_live(store, "past", 0));
}

NAVI_CASE("J.absent", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1", "", kEnd))) == "OK");
  const Txn create = Txn().absent("a").put("a", "2");
  CHECK(outcome(store.txn(create, {0, kEnd - 1})) == "CONFLICT");
  const TxnResult created = store.txn(create, {0, kEnd});
  CHECK(outcome(created) == "OK");
  CHECK(found_of(created) == "0");
  CHECK(store.dump() == "a=2");
  CHECK(outcome(store.txn(Txn().put("b", "1", "", kEnd))) == "OK");
  const TxnResult deleted = store.del("b", {0, kEnd});
  CHECK(outcome(deleted) == "OK");
  CHECK_MESSAGE(found_of(deleted) == "0", "a delete of an expired item found it");
}

NAVI_CASE("J.rewrite", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1", "", kEnd).put("b", "1", "", kEnd))) == "OK");
  CHECK(outcome(store.txn(Txn().put("a", "2").put("b", "2", "", kEnd + 1000))) == "OK");
  CHECK(is_live(store, "a", kEnd + 1'000'000));
  CHECK(is_live(store, "b", kEnd + 999));
  CHECK_FALSE(is_live(store, "b", kEnd + 1000));
  CHECK(outcome(store.txn(Txn().put("a", "3", "", kEnd))) == "OK");
  CHECK_FALSE(is_live(store, "a", kEnd));
}

NAVI_CASE("J.scan_and_read", kGate, needs()) {
  Store &store = fixture.store();
  Txn txn;
  for (uint64_t i = 0; i < 10; ++i)
    txn.put("k" + std::to_string(i), "v", "", i == 0 ? 0 : kNow + i);
  REQUIRE(outcome(store.txn(txn)) == "OK");
  for (uint64_t now = kNow; now <= kNow + 10; ++now) {
    std::vector<Item> read;
    for (uint64_t i = 0; i < 10; ++i) {
      std::optional<Item> item = store.get("k" + std::to_string(i), {0, now});
      if (item) read.push_back(*item);
    }
    CHECK_MESSAGE(keys_of(store.scan_all(0, now)) == keys_of(read), "at " << now - kNow);
    CHECK_MESSAGE(read.size() == (now == kNow        ? 10
                                  : now == kNow + 10 ? 1
                                                     : 10 - (now - kNow)),
                  "live at " << now - kNow);
  }
}

NAVI_CASE("J.no_revision", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t revision =
      store.txn(Txn().put("a", "1", "", kEnd).put("b", "1", "", kEnd)).revision;
  CHECK_FALSE(is_live(store, "a", kEnd));
  CHECK(store.scan_all(0, kEnd).empty());
  CHECK(store.read({"a"}, {0, kEnd}).revision == revision);
  CHECK(store.stats().revision == revision);
  CHECK(store.put("c", "1", {0, kEnd}).revision > revision);
}

NAVI_CASE("J.next_expiry", kGate, needs()) {
  Store &store = fixture.store();
  const auto next = [&store] { return store.stats().stats.next_expiry_ms; };
  CHECK(outcome(store.put("a", "1")) == "OK");
  CHECK(next() == 0);
  CHECK(outcome(store.txn(Txn().put("b", "1", "", kEnd + 5).put("c", "1", "", kEnd))) == "OK");
  CHECK(next() == kEnd);
  CHECK(outcome(store.del("c")) == "OK");
  CHECK(next() == kEnd + 5);
  CHECK(outcome(store.put("b", "2")) == "OK");
  CHECK(next() == 0);
}

NAVI_CASE("J.purge", kGate, needs(kUpkeep)) {
  Store &store = fixture.store();
  const uint64_t revision = store
                                .txn(Txn()
                                         .put("dead", "1", "", kEnd)
                                         .put("ends later", "2", "", kEnd + 1)
                                         .put("for ever", "3"))
                                .revision;
  CHECK_MESSAGE(store.purge(kEnd - 1).ok(), "purge with nothing to do");
  CHECK_MESSAGE(store.stats().revision == revision, "purge of nothing made a revision");
  const Reply purged = store.purge(kEnd);
  REQUIRE(purged.ok());
  CHECK_FALSE(purged.more);
  CHECK(purged.revision > revision);
  CHECK_MESSAGE(keys_of(store.scan_all(0, 0)) == "ends%20later for%20ever", "left after the purge");
  CHECK_MESSAGE(store.put("a", "1").revision > purged.revision, "the revision after the purge's");
}

NAVI_CASE("J.purge_steps", kGate, needs(kUpkeep)) {
  Store &store = fixture.store();
  Txn txn = Txn().put("live", "1");
  for (int i = 0; i < 5; ++i) txn.put("dead" + std::to_string(i), "1", "", kEnd);
  REQUIRE(outcome(store.txn(txn)) == "OK");
  std::string story;
  uint64_t newest = store.stats().revision;
  for (int i = 0; i < 3; ++i) {
    const Reply step = store.purge(kEnd, 2);
    CHECK_MESSAGE(step.revision > newest, "each step is a transaction of its own");
    newest = step.revision;
    story += std::to_string(store.scan_all(0, 0).size()) + (step.more ? "+ " : " ");
  }
  CHECK_MESSAGE(story == "4+ 2+ 1 ", "items left after each purge of 2, + for MORE");
}

NAVI_CASE("J.purge_reported", kGate, needs(kUpkeep, kChanges)) {
  Store &store = fixture.store();
  const uint64_t before =
      store.txn(Txn().put("a", "1", "meta of a", kEnd).put("b", "2").put("c", "3", "", kEnd))
          .revision;
  const Reply purged = store.purge(kEnd);
  REQUIRE(purged.ok());
  std::vector<Change> changes = store.changes_after(before);
  std::sort(changes.begin(), changes.end(),
            [](const Change &x, const Change &y) { return x.item.key < y.item.key; });
  REQUIRE(changes.size() == 2);
  int last = 0;
  for (const Change &change : changes) {
    CHECK(change.kind == NAVI_CHANGE_DELETE);
    CHECK_MESSAGE((change.flags & NAVI_CHANGE_EXPIRED) != 0, "the change is not flagged EXPIRED");
    CHECK(change.item.revision == purged.revision);
    last += change.last() ? 1 : 0;
  }
  CHECK(last == 1);
  CHECK(changes[0].item.key == "a");
  CHECK_MESSAGE(changes[0].item.meta == "meta of a", "the meta of the purged item");
  CHECK(changes[1].item.key == "c");
  CHECK(store.purge(kEnd).ok());
  CHECK_MESSAGE(store.changes_after(purged.revision).empty(), "a purge of nothing made a change");
}

}  // namespace navistore::conformance
