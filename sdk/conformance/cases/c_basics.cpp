// SPDX-License-Identifier: Apache-2.0
// Group C: what any store does.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("C.put_get", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.txn(Txn().put("key", "value", "meta"));
  REQUIRE(outcome(put) == "OK");
  const std::optional<Item> item = store.get("key");
  REQUIRE(item);
  CHECK(item->value == "value");
  CHECK(item->meta == "meta");
  CHECK(item->expires_ms == 0);
  CHECK(item->revision == put.revision);
  CHECK(store.dump() == "key=value");
}

NAVI_CASE("C.missing", kGate, needs()) {
  Store &store = fixture.store();
  CHECK_FALSE(store.get("a"));
  CHECK(store.dump().empty());
  CHECK(outcome(store.put("b", "2")) == "OK");
  const ReadAnswer answer = store.read({"a", "b", "c"});
  REQUIRE(answer.ok());
  CHECK_FALSE(answer.items[0]);
  REQUIRE(answer.items[1]);
  CHECK(answer.items[1]->value == "2");
  CHECK_FALSE(answer.items[2]);
}

NAVI_CASE("C.overwrite", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("key", "long first value")) == "OK");
  CHECK(store.dump() == "key=long%20first%20value");
  CHECK(outcome(store.put("key", "2")) == "OK");
  CHECK(store.dump() == "key=2");
  CHECK(outcome(store.put("key", "a longer third value")) == "OK");
  CHECK(store.dump() == "key=a%20longer%20third%20value");
  const std::optional<Item> item = store.get("key");
  REQUIRE(item);
  CHECK(item->value == "a longer third value");
}

NAVI_CASE("C.delete", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "2").put("c", "3"))) == "OK");
  CHECK(outcome(store.del("b")) == "OK");
  CHECK_FALSE(store.get("b"));
  CHECK(store.dump() == "a=1 c=3");
}

NAVI_CASE("C.delete_missing", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("a", "1")) == "OK");
  const TxnResult deleted = store.del("b");
  CHECK(outcome(deleted) == "OK");
  CHECK(found_of(deleted) == "0");
  CHECK(store.dump() == "a=1");
}

NAVI_CASE("C.repeated_key", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "2"))) == "OK");
  const ReadAnswer answer = store.read({"a", "b", "a", "missing", "a", "missing"});
  REQUIRE(answer.ok());
  std::string values;
  for (const auto &item : answer.items) values += (item ? item->value : "-") + " ";
  CHECK(values == "1 2 1 - 1 - ");
}

NAVI_CASE("C.meta", kGate, needs()) {
  Store &store = fixture.store();
  const auto meta = [&store] {
    const std::optional<Item> item = store.get("key");
    return item ? item->meta : "no item";
  };
  CHECK(outcome(store.txn(Txn().put("key", "1", std::string("\x01\0\xff", 3)))) == "OK");
  CHECK(meta() == std::string("\x01\0\xff", 3));
  CHECK(outcome(store.txn(Txn().put("key", "1", "other"))) == "OK");
  CHECK(meta() == "other");
  const ScanAnswer scan = store.scan();
  REQUIRE(scan.items.size() == 1);
  CHECK(scan.items[0].meta == "other");
  CHECK(outcome(store.put("key", "1")) == "OK");  // a put writes the whole item
  CHECK(meta().empty());
}

// Calls that carry NO_VALUE; that no value comes is checked with each call (store.cpp).
NAVI_CASE("C.no_value", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.txn(Txn().put("key", "value", "meta"));
  CHECK(outcome(put) == "OK");
  const std::optional<Item> item = store.get("key", {NAVI_F_NO_VALUE});
  REQUIRE(item);
  CHECK(item->value.empty());
  CHECK(item->meta == "meta");
  CHECK(item->revision == put.revision);
  ScanRequest request;
  request.flags = NAVI_F_NO_VALUE;
  const ScanAnswer scan = store.scan(request);
  REQUIRE(scan.items.size() == 1);
  CHECK(render(scan.items) == "key=");
  CHECK(scan.items[0].meta == "meta");
}

NAVI_CASE("C.empty_batches", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.put("a", "1");
  CHECK(outcome(put) == "OK");
  CHECK(status_name(store.apply({}).status) == "OK");
  CHECK(status_name(store.read({}).status) == "OK");
  const TxnResult nothing = store.txn(Txn());
  CHECK(outcome(nothing) == "OK");
  CHECK(nothing.revision == put.revision);
  CHECK(store.dump() == "a=1");
}

}  // namespace navistore::conformance
