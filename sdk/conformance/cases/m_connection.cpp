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
constexpr int kCutPuts = 40;  // that were not acknowledged: some were cut before, some after
constexpr int kMostWrites = 20 * kWrites;

// One writer's puts, each of a key of its own, and what it was told of them.
struct Told {
  std::vector<std::string> applied, refused;
};

// A put may be acknowledged, definitely not sent, or of unknown outcome.
bool may_be_said(navi_status status) {
  return status == NAVI_OK || status == NAVI_UNAVAILABLE || status == NAVI_BUSY ||
         status == NAVI_MAYBE;
}

void write_through_cuts(Store &store, size_t writer, Told &told) {
  const auto enough = [&told](int i) {
    return i >= kWrites && i - static_cast<int>(told.applied.size()) >= kCutPuts;
  };
  for (int i = 0; !enough(i) && i < kMostWrites; ++i) {
    const std::string key = std::to_string(writer) + "-" + std::to_string(i);
    const TxnResult result = store.put(key, "1");
    if (result.ok()) told.applied.push_back(key);
    if (nothing_applied(result.status)) told.refused.push_back(key);
    const std::string said = "a put whose connection was cut: " + status_name(result.status);
    CHECK_MESSAGE(may_be_said(result.status), said);
  }
}

enum class Presence { kThere, kMissing };

std::string which(Store &store, const std::vector<std::string> &keys, Presence presence) {
  std::string found;
  for (const std::string &key : keys) {
    if (store.get(key).has_value() == (presence == Presence::kThere)) found += key + " ";
  }
  return found;
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
    const std::string lost = which(store, one.applied, Presence::kMissing);
    CHECK_MESSAGE(lost.empty(), "acknowledged and lost: " << lost);
    const std::string kept = which(store, one.refused, Presence::kThere);
    CHECK_MESSAGE(kept.empty(), "refused and there: " << kept);
  }
}

}  // namespace navistore::conformance
