// SPDX-License-Identifier: Apache-2.0
// Group D: keys and values are bytes, whatever they look like.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("D.all_bytes", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(outcome(store.txn(Txn().put("all", all, all))) == "OK");
  const std::optional<Item> item = store.get("all");
  REQUIRE(item);
  CHECK_MESSAGE(item->value == all, "a value of the bytes 0 to 255 came back changed");
  CHECK_MESSAGE(item->meta == all, "a meta of the bytes 0 to 255 came back changed");
  CHECK(outcome(store.del("all")) == "OK");

  std::string expected;
  for (size_t i = 0; i < all.size(); i += 64) {
    Txn txn;
    for (size_t k = i; k < i + 64; ++k) txn.put(all.substr(k, 1), "v");
    REQUIRE(outcome(store.apply({txn}).results[0]) == "OK");
  }
  for (const char byte : all) expected += escape(std::string(1, byte)) + "=v ";
  expected.pop_back();
  CHECK(store.dump() == expected);
}

NAVI_CASE("D.nul_and_prefixes", kGate, needs()) {
  Store &store = fixture.store();
  const std::string nul(1, '\0');
  const std::vector<std::string> keys = {
      nul, nul + nul, "a", "a" + nul, "a" + nul + "b", "a" + nul + nul, "ab"};
  std::string order;  // memcmp order, the shorter first
  // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seven short keys
  for (const std::string &key : {nul, nul + nul, std::string("a"), "a" + nul, "a" + nul + nul,
                                 "a" + nul + "b", std::string("ab")}) {
    order.append(escape(key)).append("=").append(escape("value of " + key)).append(" ");
  }
  order.pop_back();
  for (const std::string &key : keys) CHECK(outcome(store.put(key, "value of " + key)) == "OK");
  CHECK(store.dump() == order);
  for (const std::string &key : keys) {
    const std::optional<Item> item = store.get(key);
    REQUIRE_MESSAGE(item, "key " << escape(key) << " is missing");
    CHECK(item->value == "value of " + key);
  }
  CHECK(outcome(store.del("a" + nul)) == "OK");
  CHECK_FALSE(store.get("a" + nul));
  CHECK(store.get("a"));
  CHECK(store.get("a" + nul + nul));
}

NAVI_CASE("D.invalid_utf8", kGate, needs()) {
  Store &store = fixture.store();
  const std::vector<std::string> keys = {"\x80",         "\xc0\xaf", "\xc3",    "\xed\xa0\x80",
                                         "\xf5\x80\x80", "\xfe",     "\xff\xff"};
  for (const std::string &key : keys) {
    CHECK_MESSAGE(outcome(store.put(key, key)) == "OK", "put of key " << escape(key));
  }
  const std::vector<Item> items = store.scan_all();
  REQUIRE(items.size() == keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    CHECK(escape(items[i].key) == escape(keys[i]));
    CHECK(escape(items[i].value) == escape(keys[i]));
  }
}

NAVI_CASE("D.empty_value", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.put("key", "");
  CHECK(outcome(put) == "OK");
  const std::optional<Item> item = store.get("key");
  REQUIRE_MESSAGE(item, "an item with an empty value is missing");
  CHECK(item->value.empty());
  CHECK(store.dump() == "key=");
  CHECK(outcome(store.put("key", "1")) == "OK");
  CHECK(outcome(store.put("key", "")) == "OK");
  CHECK(store.dump() == "key=");
  CHECK(outcome(store.txn(Txn().present("key").del("key"))) == "OK");
  CHECK(store.dump().empty());
}

NAVI_CASE("D.empty_key", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("", "1")) == "INVALID");
  CHECK(outcome(store.del("")) == "INVALID");
  CHECK(outcome(store.txn(Txn().put("a", "1").put("", "2"))) == "INVALID");
  CHECK(store.dump().empty());
  CHECK_FALSE(store.get(""));
  const ApplyAnswer batch =
      store.apply({Txn().put("a", "1"), Txn().put("", "2"), Txn().put("b", "3")});
  CHECK(outcomes(batch) == "OK INVALID OK");
  CHECK(store.dump() == "a=1 b=3");
}

}  // namespace navistore::conformance
