// SPDX-License-Identifier: Apache-2.0
// The entries whose newest version expires, by time. All calls are the writer's.
#pragma once
#include <cstdint>
#include <set>
#include <utility>

#include "records.hpp"

namespace navistore::memory {

class ExpiryIndex {
 public:
  // Does nothing if it is there. O(log n). Throws std::bad_alloc.
  void insert(uint64_t expires_ms, Entry *entry) { times_.emplace(expires_ms, entry); }
  // Does nothing if it is not there. O(log n).
  void erase(uint64_t expires_ms, Entry *entry) noexcept { times_.erase({expires_ms, entry}); }

  // In the order of their times.
  auto begin() const noexcept { return times_.begin(); }
  auto end() const noexcept { return times_.end(); }
  // The earliest time; 0: none.
  uint64_t earliest() const noexcept { return times_.empty() ? 0 : times_.begin()->first; }
  bool any_by(uint64_t now_ms) const noexcept { return !times_.empty() && earliest() <= now_ms; }

 private:
  std::set<std::pair<uint64_t, Entry *>> times_;
};

}  // namespace navistore::memory
