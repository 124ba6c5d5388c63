// SPDX-License-Identifier: Apache-2.0
// Group N: stores of different namespaces share nothing.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("N.isolated", kGate, needs()) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> other = fixture.other_namespace("-other");
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "1"))) == "OK");
  CHECK_FALSE(other->get("a"));
  CHECK(other->dump().empty());
  CHECK_MESSAGE(outcome(other->txn(Txn().absent("a").put("a", "2"))) == "OK",
                "a check saw another namespace's item");
  CHECK(outcome(other->put("c", "2")) == "OK");
  CHECK(outcome(other->del("b")) == "OK");
  CHECK(store.dump() == "a=1 b=1");
  CHECK(other->dump() == "a=2 c=2");
  CHECK(other->stats().stats.items == 2);
}

NAVI_CASE("N.clear", kGate, needs()) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> other = fixture.other_namespace("-other");
  CHECK(outcome(store.put("a", "1")) == "OK");
  CHECK(outcome(other->put("a", "2")) == "OK");
  CHECK(store.clear().ok());
  CHECK(store.dump().empty());
  CHECK(other->dump() == "a=2");
}

NAVI_CASE("N.changes", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> other = fixture.other_namespace("-other");
  CHECK(outcome(store.put("a", "1")) == "OK");
  const TxnResult put = other->put("b", "2");
  CHECK(outcome(put) == "OK");
  CHECK(outcome(store.put("c", "3")) == "OK");
  CHECK(render(store.changes_after(0)) == "PUT a=1; PUT c=3");
  CHECK(render(other->changes_after(0)) == "PUT b=2");
  CHECK(other->trim(put.revision + 1).ok());
  CHECK(render(store.changes_after(0)) == "PUT a=1; PUT c=3");
}

// Keys of an engine that holds all namespaces must not run into each other: "x" + "yz" is "xy" +
// "z".
NAVI_CASE("N.prefix_names", kGate, needs()) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> longer = fixture.other_namespace("1");
  const std::unique_ptr<Store> longest = fixture.other_namespace("1-1");
  CHECK(outcome(store.txn(Txn().put("1a", "short").put("-", "short").put("\xff", "short"))) ==
        "OK");
  CHECK(outcome(longer->txn(Txn().put("a", "long").put("-1a", "long"))) == "OK");
  CHECK(outcome(longest->txn(Txn().put("a", "longest"))) == "OK");
  CHECK(store.dump() == "-=short 1a=short %FF=short");
  CHECK(longer->dump() == "-1a=long a=long");
  CHECK(longest->dump() == "a=longest");
  ScanRequest request;
  request.flags = NAVI_F_REVERSE;
  CHECK(render(store.scan(request).items) == "%FF=short 1a=short -=short");
  CHECK(store.clear().ok());
  CHECK(longer->dump() == "-1a=long a=long");
  CHECK(longer->clear().ok());
  CHECK(longest->dump() == "a=longest");
}

}  // namespace navistore::conformance
