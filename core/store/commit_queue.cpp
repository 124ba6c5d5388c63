// SPDX-License-Identifier: Apache-2.0
#include "core/store/commit_queue.hpp"

#include <algorithm>
#include <utility>

namespace navistore::store {

Outcome CommitQueue::push(Entry &entry, size_t bytes) {
  const Lock lock(mutex_);
  if (closed_) return Error{Code::kUnavailable, "the store is closing"};
  if (bytes_ != 0 && bytes > max_bytes_ - std::min(bytes_, max_bytes_)) {
    ++refused_;
    return Error{Code::kBusy, "too many bytes of writes are queued"};
  }
  bytes_ += bytes;
  entries_.push_back(std::move(entry));
  filled_.notify_one();
  return Done{};
}

bool CommitQueue::take(std::deque<Entry> &out, Deadline deadline) {
  const Lock lock(mutex_);
  while (entries_.empty() && !closed_ && !nudged_) {
    if (!deadline) {
      filled_.wait(mutex_);
    } else if (!filled_.wait_until(mutex_, *deadline)) {
      break;
    }
  }
  nudged_ = false;
  out.swap(entries_);
  return !closed_ || !out.empty();
}

void CommitQueue::answered(size_t bytes) {
  const Lock lock(mutex_);
  bytes_ -= bytes;
}

void CommitQueue::nudge() {
  const Lock lock(mutex_);
  nudged_ = true;
  filled_.notify_one();
}

void CommitQueue::close() {
  const Lock lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

size_t CommitQueue::bytes() const {
  const Lock lock(mutex_);
  return bytes_;
}

uint64_t CommitQueue::refused() const {
  const Lock lock(mutex_);
  return refused_;
}

}  // namespace navistore::store
