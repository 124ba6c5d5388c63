// SPDX-License-Identifier: Apache-2.0
// Group D: the floors that every store has, and the limits that a store declares.
#include <algorithm>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

constexpr size_t kKeyFloor = 1024;
constexpr size_t kValueFloor = 1 << 20;
constexpr size_t kMetaFloor = 4096;
constexpr size_t kOpsFloor = 128;

// A limit above this is not tried out: it would take the time and memory of the whole suite.
constexpr uint64_t kTestable = 64u << 20;

bool testable(uint64_t limit) { return limit != 0 && limit <= kTestable; }

std::string big(size_t size) {
  std::string text(size, 'x');
  for (size_t i = 0; i < size; i += 61) text[i] = static_cast<char>(i);
  return text;
}

std::string numbered(const std::string &stem, size_t i) { return stem + std::to_string(1000 + i); }

void check_floor(const char *what, uint64_t limit, uint64_t floor) {
  CHECK_MESSAGE((limit == 0 || limit >= floor),
                what << " is " << limit << ", the least is " << floor);
}

// The transaction at the limit is taken whole, the one above it is refused and leaves no trace.
void check_limit(Store &store, const Txn &at_limit, const Txn &above) {
  CHECK_MESSAGE(outcome(store.txn(at_limit)) == "OK", "at the limit");
  size_t whole = 0;
  for (const Txn::Op &op : at_limit.ops) {
    const std::optional<Item> item = store.get(op.key);
    whole += item && item->value == op.value && item->meta == op.meta ? 1 : 0;
  }
  CHECK_MESSAGE(whole == at_limit.ops.size(), "at the limit, items that came back whole");
  REQUIRE(store.clear().ok());
  CHECK_MESSAGE(outcome(store.txn(above)) == "TOO_LARGE", "one above the limit");
  CHECK_MESSAGE(store.dump().empty(), "one above the limit left something");
}

Txn many_puts(size_t n) {
  Txn txn;
  for (size_t i = 0; i < n; ++i) txn.put(numbered("k", i), "v");
  return txn;
}

// Puts of `bytes` in all, in items that respect the other limits.
Txn puts_of_bytes(const navi_caps &caps, uint64_t bytes) {
  const uint64_t most =
      caps.max_value == 0 ? kValueFloor : std::min<uint64_t>(caps.max_value, kValueFloor);
  Txn txn;
  for (size_t i = 0; bytes > 0; ++i) {
    std::string key = numbered("k", i);
    const uint64_t value = std::min(most, bytes - key.size());
    const uint64_t left = bytes - key.size() - value;
    const uint64_t shortened =
        left > 0 && left < key.size() ? key.size() : 0;  // room for the next key
    txn.put(key, big(value - shortened));
    bytes = left + shortened;
  }
  return txn;
}

}  // namespace

NAVI_CASE("D.floors", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  const navi_caps &caps = store.caps();
  check_floor("max_key", caps.max_key, kKeyFloor);
  check_floor("max_value", caps.max_value, kValueFloor);
  check_floor("max_meta", caps.max_meta, kMetaFloor);
  check_floor("max_txn_ops", caps.max_txn_ops, kOpsFloor);
  check_floor("max_txn_bytes", caps.max_txn_bytes, kKeyFloor + kValueFloor + kMetaFloor);
  const std::string key = std::string(kKeyFloor - 1, 'k') + '\xff';
  const Txn largest = Txn().put(key, big(kValueFloor), big(kMetaFloor));
  CHECK_MESSAGE(outcome(store.txn(largest)) == "OK", "put of 1 KiB key, 1 MiB value, 4 KiB meta");
  const std::optional<Item> item = store.get(key);
  REQUIRE(item);
  CHECK_MESSAGE(item->value == big(kValueFloor), "the value came back changed");
  CHECK_MESSAGE(item->meta == big(kMetaFloor), "the meta came back changed");
  Txn many = many_puts(kOpsFloor);
  for (size_t i = 0; i < kOpsFloor; ++i) many.absent(numbered("k", i));
  CHECK_MESSAGE(outcome(store.txn(many)) == "OK", "128 checks and 128 ops");
  CHECK(store.scan_all().size() == kOpsFloor + 1);
}

NAVI_CASE("D.max_key", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t max = store.caps().max_key;
  if (!testable(max)) {
    CHECK(outcome(store.put(std::string(2 * kKeyFloor, 'k'), "v")) == "OK");
    return;
  }
  check_limit(store, Txn().put(std::string(max, 'k'), "v"),
              Txn().put(std::string(max + 1, 'k'), "v"));
  CHECK_FALSE_MESSAGE(store.get(std::string(max + 1, 'k')), "no item can have this key");
}

NAVI_CASE("D.max_value", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t max = store.caps().max_value;
  if (!testable(max)) {
    CHECK(outcome(store.put("k", big(2 * kValueFloor))) == "OK");
    return;
  }
  check_limit(store, Txn().put("k", big(max)), Txn().put("k", big(max + 1)));
}

NAVI_CASE("D.max_meta", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t max = store.caps().max_meta;
  if (!testable(max)) {
    CHECK(outcome(store.txn(Txn().put("k", "v", big(2 * kMetaFloor)))) == "OK");
    return;
  }
  check_limit(store, Txn().put("k", "v", big(max)), Txn().put("k", "v", big(max + 1)));
}

NAVI_CASE("D.max_ops", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  const uint64_t max = store.caps().max_txn_ops;
  if (max == 0 || max > 8192) {
    CHECK(outcome(store.txn(many_puts(2 * kOpsFloor))) == "OK");
    return;
  }
  check_limit(store, many_puts(max), many_puts(max + 1));
  Txn checks = Txn().put("k", "v");
  for (uint64_t i = 0; i < max; ++i) checks.absent(numbered("c", i));
  CHECK_MESSAGE(outcome(store.txn(checks)) == "OK", max << " checks");
  checks.absent("one more");
  CHECK_MESSAGE(outcome(store.txn(checks)) == "TOO_LARGE", (max + 1) << " checks");
}

NAVI_CASE("D.max_bytes", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  const navi_caps &caps = store.caps();
  const bool few_items = testable(caps.max_txn_bytes) &&
                         puts_of_bytes(caps, caps.max_txn_bytes).ops.size() <= kOpsFloor;
  if (!few_items) {
    CHECK(outcome(store.txn(puts_of_bytes(caps, kValueFloor + kKeyFloor))) == "OK");
    return;
  }
  check_limit(store, puts_of_bytes(caps, caps.max_txn_bytes),
              puts_of_bytes(caps, caps.max_txn_bytes + 1));
}

NAVI_CASE("D.max_batch", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPacked);
  const uint64_t max = store.caps().max_batch;
  const size_t n = max == 0 || max > 8192 ? 1024 : max;
  std::vector<Txn> batch;
  for (size_t i = 0; i < n; ++i) batch.push_back(Txn().put(numbered("k", i), "v"));
  const ApplyAnswer all = store.apply(batch);
  CHECK_MESSAGE(status_name(all.status) == "OK", "a batch of " << n);
  CHECK(store.scan_all().size() == n);
  if (n != max) return;
  REQUIRE(store.clear().ok());
  batch.push_back(Txn().put("one more", "v"));
  CHECK_MESSAGE(status_name(store.apply(batch).status) == "TOO_LARGE", "a batch of max_batch + 1");
  CHECK_MESSAGE(store.dump().empty(), "a batch that was refused left something");
}

NAVI_CASE("D.too_large_neighbours", kGate, needs()) {
  Store &store = fixture.store();
  const uint64_t max = store.caps().max_key;
  if (!testable(max)) {
    CHECK(outcomes(store.apply({Txn().put("a", "1"), Txn().put("b", "2")})) == "OK OK");
    return;
  }
  const std::string too_long(max + 1, 'k');
  const ApplyAnswer answer = store.apply(
      {Txn().put("a", "1"), Txn().put("b", "2").put(too_long, "3"), Txn().put("c", "4")});
  CHECK(outcomes(answer) == "OK TOO_LARGE OK");
  CHECK(store.dump() == "a=1 c=4");
}

}  // namespace navistore::conformance
