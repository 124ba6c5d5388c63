// SPDX-License-Identifier: Apache-2.0
// Group I: a scan delivers a range, in order, in pages.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

// A store with one item for each character of `keys`; each value is its key, upper case.
Store &with_keys(Fixture &fixture, const std::string &keys) {
  Store &store = fixture.store();
  Txn txn;
  for (const char key : keys) txn.put(std::string(1, key), "value");
  REQUIRE(outcome(store.txn(txn)) == "OK");
  return store;
}

ScanRequest range(std::string start, std::string end, uint32_t flags = 0) {
  ScanRequest request;
  request.start = std::move(start);
  request.end = std::move(end);
  request.flags = flags;
  return request;
}

ScanRequest limited(ScanRequest request, uint64_t max_items) {
  request.max_items = max_items;
  return request;
}

// "a b c", with " +" when MORE is set.
std::string keys(Store &store, const ScanRequest &request) {
  const ScanAnswer answer = store.scan(request);
  if (!answer.ok()) return status_name(answer.status) + ": " + answer.error;
  return keys_of(answer.items) + (answer.more ? " +" : "");
}

}  // namespace

NAVI_CASE("I.byte_order", kGate, needs()) {
  Store &store = fixture.store();
  const std::vector<std::string> order = {std::string(1, '\0'),
                                          "0",
                                          "10",
                                          "9",
                                          "A",
                                          "B",
                                          "Z",
                                          "_",
                                          "a",
                                          "a0",
                                          "aa",
                                          "ab",
                                          "b",
                                          "\x7f",
                                          "\x80",
                                          "\xc3\xa4",
                                          "\xff"};
  std::string expected;
  for (const std::string &key : order) expected += (expected.empty() ? "" : " ") + escape(key);
  Txn txn;
  for (auto key = order.rbegin(); key != order.rend(); ++key) txn.put(*key, "");
  REQUIRE(outcome(store.txn(txn)) == "OK");
  CHECK(keys(store, range("", "")) == expected);
}

NAVI_CASE("I.bounds", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, range("b", "d")) == "b c");
  CHECK(keys(store, range("", "c")) == "a b");
  CHECK(keys(store, range("c", "")) == "c d e");
  CHECK(keys(store, range("", "")) == "a b c d e");
  CHECK(keys(store, range("b", std::string("b\0", 2))) == "b");
  CHECK(keys(store, range("aa", "cc")) == "b c");
  CHECK(keys(store, range("x", "")).empty());
}

NAVI_CASE("I.after", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, range("b", "", NAVI_F_AFTER)) == "c d e");
  CHECK(keys(store, range("b", "d", NAVI_F_AFTER)) == "c");
  CHECK(keys(store, range("c", "d", NAVI_F_AFTER)).empty());
  CHECK(keys(store, range("e", "", NAVI_F_AFTER)).empty());
  CHECK(keys(store, range("", "", NAVI_F_AFTER)) == "a b c d e");
  CHECK(outcome(store.put(std::string("b\0", 2), "next key")) == "OK");
  CHECK(keys(store, range("b", "d", NAVI_F_AFTER)) == "b%00 c");
}

NAVI_CASE("I.reverse", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, range("", "", NAVI_F_REVERSE)) == "e d c b a");
  CHECK(keys(store, range("b", "d", NAVI_F_REVERSE)) == "c b");
  CHECK(keys(store, range("", "c", NAVI_F_REVERSE)) == "b a");
  CHECK(keys(store, range("c", "", NAVI_F_REVERSE)) == "e d c");
  CHECK(keys(store, range("bb", "dd", NAVI_F_REVERSE)) == "d c");
}

NAVI_CASE("I.reverse_after", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  const uint32_t flags = NAVI_F_REVERSE | NAVI_F_AFTER;
  CHECK(keys(store, range("", "c", flags)) == "b a");
  CHECK(keys(store, range("b", "d", flags)) == "c b");
  CHECK(keys(store, range("a", "b", flags)) == "a");
  CHECK(keys(store, range("", "a", flags)).empty());
  CHECK(keys(store, range("", "", flags)) == "e d c b a");
}

NAVI_CASE("I.reverse_limits", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, limited(range("", "", NAVI_F_REVERSE), 2)) == "e d +");
  CHECK(keys(store, limited(range("", "d", NAVI_F_REVERSE | NAVI_F_AFTER), 2)) == "c b +");
  CHECK(keys(store, limited(range("", "b", NAVI_F_REVERSE | NAVI_F_AFTER), 2)) == "a");
  CHECK(keys(store, limited(range("b", "", NAVI_F_REVERSE), 4)) == "e d c b");
  ScanRequest bytes = range("", "", NAVI_F_REVERSE);
  bytes.max_bytes = 2 * 6;  // key of 1 and value of 5 bytes
  CHECK(keys(store, bytes) == "e d +");
}

NAVI_CASE("I.deleted_cursor", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, limited(range("", ""), 2)) == "a b +");
  CHECK(outcome(store.del("b")) == "OK");
  CHECK(keys(store, limited(range("b", "", NAVI_F_AFTER), 2)) == "c d +");
  CHECK(outcome(store.del("d")) == "OK");
  CHECK(keys(store, range("d", "", NAVI_F_AFTER)) == "e");
  CHECK(keys(store, range("", "d", NAVI_F_REVERSE | NAVI_F_AFTER)) == "c a");
}

NAVI_CASE("I.pages", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  Txn txn;
  for (int i = 0; i < 20; ++i) txn.put("key" + std::to_string(100 + i * 7 % 20), std::to_string(i));
  REQUIRE(outcome(store.txn(txn)) == "OK");
  const std::string full = store.dump();
  CHECK(store.scan().items.size() == 20);
  for (uint64_t page = 1; page <= 21; ++page) {
    CHECK_MESSAGE(render(store.scan_all(page)) == full, "pages of " << page);
  }
  for (uint64_t page = 1; page <= 21; ++page) {
    ScanRequest request = limited(range("", "", NAVI_F_REVERSE | NAVI_F_AFTER), page);
    std::vector<Item> items;
    for (bool more = true; more && items.size() < 30;) {
      const ScanAnswer answer = store.scan(request);
      more = answer.more && !answer.items.empty();
      items.insert(items.begin(), answer.items.rbegin(), answer.items.rend());
      request.end = items.front().key;
    }
    CHECK_MESSAGE(render(items) == full, "descending pages of " << page);
  }
}

NAVI_CASE("I.byte_limit", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(outcome(store.txn(Txn()
                                .put("a", std::string(10, 'v'), std::string(9, 'm'))
                                .put("b", std::string(10, 'v'), std::string(9, 'm'))
                                .put("c", std::string(10, 'v'), std::string(9, 'm')))) == "OK");
  const auto with_bytes = [&store](uint64_t bytes, uint32_t flags = 0) {
    ScanRequest request = range("", "", flags);
    request.max_bytes = bytes;
    return keys(store, request);
  };
  CHECK_MESSAGE(with_bytes(1) == "a +", "at least one item is delivered");
  CHECK(with_bytes(20) == "a +");
  CHECK(with_bytes(39) == "a +");
  CHECK(with_bytes(40) == "a b +");
  CHECK(with_bytes(59) == "a b +");
  CHECK(with_bytes(60) == "a b c");
  CHECK(with_bytes(1000) == "a b c");
  CHECK_MESSAGE(with_bytes(20, NAVI_F_NO_VALUE) == "a b +",
                "bytes as delivered: without the values");
}

NAVI_CASE("I.more_exact", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  CHECK(keys(store, limited(range("", ""), 4)) == "a b c d +");
  CHECK(keys(store, limited(range("", ""), 5)) == "a b c d e");
  CHECK(keys(store, limited(range("", ""), 6)) == "a b c d e");
  CHECK_MESSAGE(keys(store, limited(range("", "d"), 3)) == "a b c", "d is not in the range");
  CHECK(keys(store, limited(range("", "d"), 2)) == "a b +");
  CHECK(keys(store, limited(range("c", "", NAVI_F_AFTER), 2)) == "d e");
  CHECK(outcome(store.txn(Txn().put("f", "1", "", kNow + 1))) == "OK");
  ScanRequest request = limited(range("", ""), 5);
  CHECK(keys(store, request) == "a b c d e +");
  request.now_ms = kNow + 1;
  CHECK_MESSAGE(keys(store, request) == "a b c d e", "only an expired item is left");
}

NAVI_CASE("I.sink_stop", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  ScanRequest request = range("", "");
  request.stop_after = 1;
  ScanAnswer answer = store.scan(request);
  CHECK(status_name(answer.status) == "OK");
  CHECK(keys_of(answer.items) == "a");
  request.stop_after = 3;
  request.flags = NAVI_F_REVERSE;
  answer = store.scan(request);
  CHECK(status_name(answer.status) == "OK");
  CHECK(keys_of(answer.items) == "e d c");
  CHECK_MESSAGE(store.dump() == "a=value b=value c=value d=value e=value", "after a stopped scan");
  CHECK(outcome(store.del("a")) == "OK");
}

NAVI_CASE("I.expired", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(outcome(store.txn(Txn()
                                .put("a", "1", "", kNow + 10)
                                .put("b", "2")
                                .put("c", "3", "", kNow + 20)
                                .put("d", "4", "", kNow - 1))) == "OK");
  const auto at = [&store](uint64_t now_ms, uint64_t max_items = 0) {
    ScanRequest request = limited(range("", ""), max_items);
    request.now_ms = now_ms;
    return keys(store, request);
  };
  CHECK(at(kNow) == "a b c");
  CHECK(at(kNow + 10) == "b c");
  CHECK(at(kNow + 20) == "b");
  CHECK_MESSAGE(at(kNow + 10, 1) == "b +", "expired items do not count");
  CHECK_MESSAGE(at(0) == "a b c d", "at time 0 everything is live");
}

NAVI_CASE("I.empty_range", kGate, needs()) {
  Store &store = with_keys(fixture, "abcde");
  for (const uint32_t flags : {0u, NAVI_F_AFTER, NAVI_F_REVERSE, NAVI_F_REVERSE | NAVI_F_AFTER}) {
    CHECK_MESSAGE(keys(store, range("c", "c", flags)).empty(), "start is end, flags " << flags);
    CHECK_MESSAGE(keys(store, range("d", "b", flags)).empty(), "start above end, flags " << flags);
    CHECK_MESSAGE(keys(store, range("bb", "bc", flags)).empty(),
                  "between two keys, flags " << flags);
  }
}

}  // namespace navistore::conformance
