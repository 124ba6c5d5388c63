// SPDX-License-Identifier: Apache-2.0
// Group L: the doorbell rings when there is something to read.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

bool rings_beyond(const Bell &bell, uint64_t before) {
  return wait_until([&] { return bell.rings > before; });
}

}  // namespace

NAVI_CASE("L.local", kGate, needs(kWatch)) {
  Store &store = fixture.store();
  Bell bell;
  REQUIRE(store.arm(bell).ok());
  const auto rings_for = [&](const std::string &what, const std::function<bool()> &write) {
    const uint64_t before = bell.rings;
    CHECK_MESSAGE(write(), what);
    CHECK_MESSAGE(rings_beyond(bell, before), "no bell after " << what);
  };
  rings_for("a put", [&] { return store.put("a", "1").ok(); });
  rings_for("a delete", [&] { return store.del("a").ok(); });
  rings_for("a batch", [&] {
    return store.apply({Txn().put("a", "1"), Txn().put("b", "1")}).ok();
  });
  rings_for("a clear", [&] { return store.clear().ok(); });
  if (store.has(kUpkeep)) {
    CHECK(outcome(store.txn(Txn().put("dead", "1", "", kNow - 1))) == "OK");
    CHECK(store.disarm().ok());  // the bell of the put may be late
    REQUIRE(store.arm(bell).ok());
    rings_for("a purge", [&] { return store.purge(kNow).ok(); });
  }
  CHECK(store.disarm().ok());
}

NAVI_CASE("L.remote", kGate, needs(kWatch, kShared)) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> other = fixture.second_handle();
  Bell bell;
  REQUIRE(store.arm(bell).ok());
  CHECK(outcome(other->put("a", "1")) == "OK");
  CHECK_MESSAGE(rings_beyond(bell, 0), "no bell after a commit through another handle");
  CHECK(render(store.changes_after(0)) == "PUT a=1");
  CHECK(store.disarm().ok());
}

NAVI_CASE("L.silent", kGate, needs(kWatch)) {
  Store &store = fixture.store();
  Bell first;
  Bell second;
  REQUIRE(store.arm(first).ok());
  CHECK(outcome(store.put("a", "1")) == "OK");
  CHECK(rings_beyond(first, 0));
  REQUIRE(store.arm(second).ok());  // replaces the first
  CHECK(outcome(store.put("a", "2")) == "OK");
  CHECK(rings_beyond(second, 0));
  REQUIRE(store.disarm().ok());
  const uint64_t rings = first.rings + second.rings;
  for (int i = 0; i < 20; ++i) CHECK(outcome(store.put("a", std::to_string(i))) == "OK");
  // A bell that is still under way gets its chance; nothing can be waited for here but time.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  CHECK_MESSAGE(first.rings + second.rings == rings, "the bell rang after it was disarmed");
}

// A reader that reads only when the bell rang must see everything, and soon.
NAVI_CASE("L.never_lost", kGate, needs(kWatch, kChanges)) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  Bell bell;
  REQUIRE(store.arm(bell).ok());
  std::atomic<uint64_t> seen{0};
  std::atomic<bool> done{false};
  constexpr int kWrites = 100;
  fixture.in_threads(2, [&](size_t thread) {
    if (thread == 0) {
      for (int i = 0; i < kWrites && !done; ++i) {
        const uint64_t revision = store.put("k", std::to_string(i)).revision;
        const bool in_time = wait_until([&] { return seen >= revision || done; });
        CHECK_MESSAGE(in_time,
                      "commit " << i << " was not announced to a reader who waits for the bell");
        if (!in_time) break;
      }
      done = true;
      return;
    }
    uint64_t heard = 0;
    while (!done) {
      const uint64_t rings = bell.rings;
      if (rings == heard) {
        std::this_thread::yield();
        continue;
      }
      heard = rings;  // before the read: a ring during it counts again
      TailRequest request;
      request.after = seen;
      const ChangesAnswer answer = store.changes(request);
      seen = std::max<uint64_t>(seen, answer.revision);
    }
  });
  CHECK(store.disarm().ok());
}

}  // namespace navistore::conformance
