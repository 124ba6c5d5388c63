// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include "core/mutex.hpp"
#include "core/result.hpp"
#include "core/store/transaction.hpp"

namespace navistore::store {

using CommitCallback = std::function<void(CommitResult)>;

// A transaction on its way.
struct Pending {
  Transaction transaction;
  CommitCallback done;
  size_t bytes = 0;
  std::chrono::steady_clock::time_point since;
  CommitResult result;
};

// Work that the committer does alone: no write of this server is committed meanwhile.
struct ExclusiveTask {
  std::function<void()> work;
  std::function<void(Error)> refused;  // called instead, when the backend is not there
};

// What waits for the committer, in order of arrival, bounded in bytes.
class CommitQueue {
 public:
  using Entry = std::variant<Pending, ExclusiveTask>;
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  explicit CommitQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes the entry over only on success. kBusy: its bytes do not fit beside what waits (an entry
  // always fits an empty queue). kUnavailable: closed.
  Outcome push(Entry &entry, size_t bytes) NAVISTORE_EXCLUDES(mutex_);
  // Waits for entries, close(), nudge() or the deadline, and takes all there is. False: closed and
  // empty.
  bool take(std::deque<Entry> &out, Deadline deadline) NAVISTORE_EXCLUDES(mutex_);
  void answered(size_t bytes) NAVISTORE_EXCLUDES(mutex_);  // they wait no more
  void nudge() NAVISTORE_EXCLUDES(mutex_);                 // take() returns soon
  void close() NAVISTORE_EXCLUDES(mutex_);
  size_t bytes() const NAVISTORE_EXCLUDES(mutex_);
  uint64_t refused() const NAVISTORE_EXCLUDES(mutex_);

 private:
  const size_t max_bytes_;
  mutable Mutex mutex_;
  navistore::Condition filled_;
  std::deque<Entry> entries_ NAVISTORE_GUARDED_BY(mutex_);
  size_t bytes_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  uint64_t refused_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  bool closed_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool nudged_ NAVISTORE_GUARDED_BY(mutex_) = false;
};

}  // namespace navistore::store
