// SPDX-License-Identifier: Apache-2.0
// Nothing grows that should not.
#include <malloc.h>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/sanitized.hpp"

namespace navistore::conformance {
namespace {

constexpr int kWarmUp = 20;
constexpr int kRounds = 100;
constexpr int kBursts = 25;  // of four threads
constexpr size_t kHeapSlack = size_t{256} << 10;

// The same state at the end as at the beginning.
void round(Store &store) {
  store.put("a", std::string(1000, 'x'));
  store.txn(Txn().absent("a").put("b", "1"));
  store.read({"a", "b", "c"});
  store.scan();
  store.stats();
  if (store.has(kChanges)) store.trim(store.stats().revision + 1);
  store.del("a");
}

struct Usage {
  size_t descriptors, threads;
  static Usage now() { return {open_descriptors().size(), thread_ids().size()}; }
};

// How many of n rounds made the address space larger. What libc and the engine keep grows it in a
// few rounds, a leak of mappings in each.
template <class Round>
int growing_rounds(int n, Round round) {
  int growing = 0;
  for (int i = 0; i < n; ++i) {
    const size_t before = address_space();
    round();
    if (address_space() > before) ++growing;
  }
  return growing;
}

void check_not_grown(const Usage &before, const Usage &after) {
  CHECK(after.descriptors <= before.descriptors);
  CHECK(after.threads <= before.threads);
}

}  // namespace

NAVI_CASE("O.calls_leak_nothing", kGate, needs()) {
  Store &store = fixture.store();
  for (int i = 0; i < kWarmUp; ++i) round(store);
  const Usage before = Usage::now();
  for (int i = 0; i < kRounds; ++i) round(store);
  check_not_grown(before, Usage::now());
}

NAVI_CASE("O.threads_leak_nothing", kGate, needs(kConcurrent)) {
  Store &store = fixture.store();
  const auto burst = [&] { fixture.in_threads(4, [&store](size_t) { round(store); }); };
  // A store may keep a bounded pool, which is full by then, but nothing for each thread that ended.
  for (int i = 0; i < kBursts; ++i) burst();
  const Usage before = Usage::now();
  for (int i = 0; i < kBursts; ++i) burst();
  CHECK(wait_until([&before] { return Usage::now().descriptors <= before.descriptors; }));
  CHECK(wait_until([&before] { return Usage::now().threads <= before.threads; }));
}

NAVI_CASE("O.reopen_leaks_nothing", kGate, needs()) {
  const auto reopen = [&fixture] {
    round(fixture.store());
    fixture.close();
  };
  for (int i = 0; i < 5; ++i) reopen();
  const Usage before = Usage::now();
  const int growing = growing_rounds(kWarmUp, reopen);
  check_not_grown(before, Usage::now());
  if (!kSanitized) CHECK(growing < kWarmUp / 2);  // a sanitizer maps for itself
}

// A sanitizer build finds leaks at exit; its allocator has no figures.
NAVI_CASE("O.heap_does_not_grow", kFull, needs()) {
  constexpr int kMany = 1000;
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  for (int i = 0; i < kMany; ++i) round(store);
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kMany; ++i) round(store);
  const size_t after = mallinfo2().uordblks;
  if (!kSanitized) CHECK(after <= before + kHeapSlack);
  CHECK(store.dump().empty());
}

}  // namespace navistore::conformance
