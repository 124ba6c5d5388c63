// SPDX-License-Identifier: Apache-2.0
// Commits as the backend's own change log tells them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.hpp"
#include "core/store/commit.hpp"

namespace navistore::store {

class BackendStore;

struct HistoryPage {
  std::vector<CommitPtr> commits;  // whole transactions, in revision order
  uint64_t through = 0;            // every change up to this revision is in the pages so far
  enum class Rest : uint8_t { kNone, kMore } rest = Rest::kNone;
};

struct HistoryLimits {
  size_t events = 0;
  size_t bytes = SIZE_MAX;  // of keys, values and metas
};
// What is read from a backend at once, while nobody waits for a particular page.
inline constexpr HistoryLimits kHistoryAtOnce{512, size_t{1} << 20};

// The changes after a revision until a limit is reached, ending with a whole transaction.
// Tombstones become deletes, a CLEAR an event kClear with an empty key. The backend offers changes.
// kCompacted: they are no longer kept; others as for any read.
Result<HistoryPage> read_history(BackendStore &store, uint64_t after, HistoryLimits limits);

}  // namespace navistore::store
