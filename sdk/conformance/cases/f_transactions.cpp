// SPDX-License-Identifier: Apache-2.0
// Group F: a transaction is one step, and a batch is many of them in order.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("F.one_revision", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("c", "0")) == "OK");
  const TxnResult result = store.txn(Txn().put("a", "1").put("b", "2").del("c").put("d", "3"));
  REQUIRE(outcome(result) == "OK");
  for (const Item &item : store.scan_all()) {
    CHECK_MESSAGE(item.revision == result.revision, "key " << item.key << " of one transaction");
  }
  CHECK(store.dump() == "a=1 b=2 d=3");
  CHECK_MESSAGE(store.put("e", "4").revision > result.revision, "the next transaction's revision");
}

NAVI_CASE("F.mixed_results", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("there", "1")) == "OK");
  const ApplyAnswer answer =
      store.apply({Txn().put("a", "1"), Txn().absent("there").put("b", "2"), Txn().put("c", "3"),
                   Txn().present("missing").del("there"), Txn().del("there")});
  CHECK(outcomes(answer) == "OK CONFLICT OK CONFLICT OK");
  CHECK(answer.results[3].current == 0);
  CHECK(store.dump() == "a=1 c=3");
}

NAVI_CASE("F.same_key_order", kGate, needs()) {
  Store &store = fixture.store();
  const ApplyAnswer answer =
      store.apply({Txn().put("a", "1"), Txn().put("a", "2"), Txn().del("a"), Txn().put("a", "4"),
                   Txn().put("b", "1"), Txn().del("b")});
  CHECK(outcomes(answer) == "OK OK OK OK OK OK");
  CHECK(store.dump() == "a=4");
  const std::vector<TxnResult> &results = answer.results;
  for (const size_t i : {1U, 2U, 3U}) {
    CHECK_MESSAGE(results[i].revision > results[i - 1].revision,
                  "revisions of one key follow the array");
  }
  CHECK(results[5].revision > results[4].revision);
  const std::optional<Item> item = store.get("a");
  REQUIRE(item);
  CHECK(item->revision == results[3].revision);
}

NAVI_CASE("F.sees_earlier", kGate, needs()) {
  Store &store = fixture.store();
  const ApplyAnswer answer = store.apply({Txn().absent("a").put("a", "1"),
                                          Txn().absent("a").put("a", "2"),   // sees the first
                                          Txn().present("a").put("b", "1"),  // too
                                          Txn().del("a"), Txn().absent("a").put("c", "1")});
  CHECK(outcomes(answer) == "OK CONFLICT OK OK OK");
  CHECK(answer.results[1].current == answer.results[0].revision);
  CHECK(found_of(answer.results[3]) == "1");
  CHECK(store.dump() == "b=1 c=1");
}

NAVI_CASE("F.checks_only", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t revision = store.put("a", "1").revision;
  const TxnResult held = store.txn(Txn().present("a").absent("b").revision_is("a", revision));
  CHECK(outcome(held) == "OK");
  CHECK(held.revision == revision);
  CHECK(outcome(store.txn(Txn().absent("a"))) == "CONFLICT");
  CHECK_MESSAGE(store.stats().revision == revision, "checks alone made a revision");
  CHECK(store.dump() == "a=1");
}

NAVI_CASE("F.results_complete", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "1"))) == "OK");
  const ApplyAnswer answer =
      store.apply({Txn().put("a", "2").put("c", "2").del("b").del("d"),
                   Txn().put("b", "3").del("c").put("d", "3"), Txn().del("a").del("b")});
  CHECK(outcomes(answer) == "OK OK OK");
  CHECK(found_of(answer.results[0]) == "1 0 1 0");
  CHECK(found_of(answer.results[1]) == "0 1 0");
  CHECK(found_of(answer.results[2]) == "1 1");
  CHECK(store.dump() == "d=3");
}

NAVI_CASE("F.no_effect", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t revision = store.put("a", "1").revision;
  const TxnResult nothing = store.txn(Txn().present("a").del("b").del("c"));
  CHECK(outcome(nothing) == "OK");
  CHECK(found_of(nothing) == "0 0");
  CHECK(nothing.revision == revision);
  CHECK_MESSAGE(store.stats().revision == revision, "a delete of missing keys made a revision");
  const TxnResult equal = store.put("a", "1");
  CHECK_MESSAGE(equal.revision > revision, "a put is a change, even to an equal item");
}

}  // namespace navistore::conformance
