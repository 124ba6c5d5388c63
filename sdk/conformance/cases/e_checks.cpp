// SPDX-License-Identifier: Apache-2.0
// Group E: checks decide whether a transaction applies, and a conflict says why it did not.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("E.absent", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().absent("a").put("a", "1"))) == "OK");
  CHECK(outcome(store.txn(Txn().absent("a").put("a", "2"))) == "CONFLICT");
  CHECK(store.dump() == "a=1");
  CHECK(outcome(store.del("a")) == "OK");
  CHECK(outcome(store.txn(Txn().absent("a").put("a", "3"))) == "OK");
  CHECK(store.dump() == "a=3");
}

NAVI_CASE("E.present", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().present("a").put("a", "1"))) == "CONFLICT");
  CHECK(store.dump().empty());
  CHECK(outcome(store.put("a", "2")) == "OK");
  CHECK(outcome(store.txn(Txn().present("a").put("a", "3"))) == "OK");
  CHECK(outcome(store.del("a")) == "OK");
  CHECK(outcome(store.txn(Txn().present("a").put("a", "4"))) == "CONFLICT");
  CHECK(store.dump().empty());
}

NAVI_CASE("E.equal", kGate, needs()) {
  Store &store = fixture.store();
  uint64_t revision = store.put("a", "1").revision;
  for (const char *value : {"2", "3", "4"}) {
    const TxnResult result = store.txn(Txn().revision_is("a", revision).put("a", value));
    REQUIRE(outcome(result) == "OK");
    revision = result.revision;
  }
  CHECK(store.dump() == "a=4");
}

NAVI_CASE("E.stale", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t first = store.put("a", "1").revision;
  const uint64_t second = store.put("a", "2").revision;
  CHECK(outcome(store.txn(Txn().revision_is("a", first).put("a", "lost update"))) == "CONFLICT");
  CHECK(outcome(store.txn(Txn().revision_is("a", second + 1).put("a", "future"))) == "CONFLICT");
  CHECK(outcome(store.txn(Txn().revision_is("missing", second).put("a", "x"))) == "CONFLICT");
  CHECK(store.dump() == "a=2");
  CHECK(outcome(store.del("a")) == "OK");
  CHECK(outcome(store.txn(Txn().revision_is("a", second).put("a", "deleted"))) == "CONFLICT");
  CHECK(store.dump().empty());
}

NAVI_CASE("E.expired", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.txn(Txn().put("a", "1", "", kNow + 10));
  REQUIRE(outcome(put) == "OK");
  const Call later{0, kNow + 10};
  CHECK(outcome(store.txn(Txn().present("a").put("b", "1"))) == "OK");
  CHECK(outcome(store.txn(Txn().present("a").put("c", "1"), later)) == "CONFLICT");
  const TxnResult stale = store.txn(Txn().revision_is("a", put.revision).put("c", "1"), later);
  CHECK(outcome(stale) == "CONFLICT");
  CHECK_MESSAGE(stale.current == 0, "an expired item has no current revision");
  CHECK_FALSE(store.get("c", later));
}

NAVI_CASE("E.unwritten_key", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t guard = store.put("guard", "1").revision;
  CHECK(outcome(store.txn(Txn().revision_is("guard", guard).put("a", "1"))) == "OK");
  CHECK(outcome(store.txn(Txn().absent("guard").put("a", "2"))) == "CONFLICT");
  CHECK(outcome(store.txn(Txn().present("other").put("a", "3"))) == "CONFLICT");
  CHECK(outcome(store.put("guard", "2")) == "OK");
  CHECK(outcome(store.txn(Txn().revision_is("guard", guard).put("a", "4"))) == "CONFLICT");
  CHECK(store.dump() == "a=1 guard=2");
}

NAVI_CASE("E.conflict_report", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t a = store.put("a", "1").revision;
  const uint64_t b = store.put("b", "1").revision;
  const auto report = [&store](const Txn &txn) {
    const TxnResult result = store.txn(Txn(txn).put("x", "1"));
    return outcome(result) + " check " + std::to_string(result.detail) + " current " +
           std::to_string(result.current);
  };
  const auto conflict = [](int check, uint64_t current) {
    return "CONFLICT check " + std::to_string(check) + " current " + std::to_string(current);
  };
  CHECK(report(Txn().revision_is("a", b)) == conflict(0, a));
  CHECK(report(Txn().present("a").absent("b")) == conflict(1, b));
  CHECK(report(Txn().present("a").present("b").present("c")) == conflict(2, 0));
  CHECK(report(Txn().present("a").absent("b").absent("a")) == conflict(1, b));  // the first of two
  const TxnResult result = store.txn(Txn().absent("b").put("x", "1"));
  CHECK_MESSAGE(result.revision == b, "a conflict carries the revision that it was judged at");
}

NAVI_CASE("E.conflict_changes_nothing", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "2"))) == "OK");
  const std::optional<Item> before = store.get("a");
  REQUIRE(before);
  const Txn refused = Txn().present("a").absent("b").put("a", "x").put("c", "x").del("b");
  CHECK(outcome(store.txn(refused)) == "CONFLICT");
  CHECK(store.dump() == "a=1 b=2");
  const std::optional<Item> after = store.get("a");
  REQUIRE(after);
  CHECK(after->revision == before->revision);
  CHECK_MESSAGE(store.stats().revision == before->revision, "a conflict made a revision");
}

NAVI_CASE("E.judged_before_ops", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().absent("a").put("a", "1"))) == "OK");
  CHECK(outcome(store.txn(Txn().present("a").del("a"))) == "OK");
  CHECK(outcome(store.txn(Txn().present("b").put("b", "1"))) == "CONFLICT");
  CHECK(outcome(store.txn(Txn().put("c", "1").absent("c"))) == "OK");
  CHECK(store.dump() == "c=1");
}

NAVI_CASE("E.recreated_key", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t first = store.put("a", "1").revision;
  CHECK(outcome(store.del("a")) == "OK");
  const TxnResult again = store.put("a", "1");
  CHECK(again.revision > first);
  const std::optional<Item> item = store.get("a");
  REQUIRE(item);
  CHECK_MESSAGE(item->revision == again.revision,
                "a key that was created again has its old revision");
  CHECK(outcome(store.txn(Txn().revision_is("a", first).put("a", "2"))) == "CONFLICT");
  CHECK(store.dump() == "a=1");
}

}  // namespace navistore::conformance
