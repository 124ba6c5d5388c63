// SPDX-License-Identifier: Apache-2.0
// Group M: what is known of a write when the way to the engine breaks.
#include <atomic>
#include <string>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/connections.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

constexpr size_t kWriters = 3;
constexpr int kWrites = 400;

// One writer's puts, each of a key of its own, and what it was told of them.
struct Told {
  std::vector<std::string> applied, refused;
};

// A put may be acknowledged, definitely not sent, or of unknown outcome; nothing else is true of a
// connection that broke.
void write_through_cuts(Store &store, size_t writer, Told &told) {
  for (int i = 0; i < kWrites; ++i) {
    const std::string key = std::to_string(writer) + "-" + std::to_string(i);
    const TxnResult result = store.put(key, "1");
    if (result.ok()) told.applied.push_back(key);
    if (nothing_applied(result.status)) told.refused.push_back(key);
    const bool known = result.ok() || result.status == NAVI_UNAVAILABLE ||
                       result.status == NAVI_BUSY || result.status == NAVI_MAYBE;
    CHECK_MESSAGE(known, "a put whose connection was cut: " << status_name(result.status));
  }
}

}  // namespace

NAVI_CASE("M.connection_cut", kFull, needs(kShared)) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  REQUIRE(store.put("first", "1").ok());
  if (cut_connections() == 0) return fixture.warn("no connection was seen to be cut");
  std::vector<Told> told(kWriters);
  std::atomic<size_t> writing{kWriters};
  fixture.in_threads(kWriters + 1, [&](size_t thread) {
    if (thread < kWriters) {
      write_through_cuts(store, thread, told[thread]);
      --writing;
      return;
    }
    while (writing != 0) {
      cut_connections();
      std::this_thread::yield();
    }
  });
  CHECK_MESSAGE(wait_until([&store] { return store.put("last", "1").ok(); }),
                "the store did not come back after its connection was cut");
  for (const Told &one : told) {
    for (const std::string &key : one.applied)
      CHECK_MESSAGE(store.get(key), "acknowledged and lost: " << key);
    for (const std::string &key : one.refused)
      CHECK_MESSAGE(!store.get(key), "refused and there: " << key);
  }
}

}  // namespace navistore::conformance
