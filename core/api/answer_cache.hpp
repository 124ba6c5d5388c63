// SPDX-License-Identifier: Apache-2.0
// What was answered before, kept for who asks again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/mutex.hpp"

namespace navistore::api {

// Bounded by bytes, and by number; what was least recently used goes first. Only what is asked for
// twice is kept: who pages through everything once displaces nothing. Known: has bytes(). [any
// thread]
template <class Known>
class AnswerCache {
 public:
  using Ptr = std::shared_ptr<const Known>;

  explicit AnswerCache(size_t max_bytes, size_t max_entries = std::numeric_limits<size_t>::max())
      : max_bytes_(max_bytes), max_entries_(max_entries) {}

  Ptr find(std::string_view request) NAVISTORE_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    const auto found = by_request_.find(request);
    if (found == by_request_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->known;
  }

  // Whether this request was asked about before, not long ago.
  bool wants(std::string_view request) {
    const size_t hash = std::hash<std::string_view>()(request);
    return asked_.at(hash % asked_.size()).exchange(hash, std::memory_order_relaxed) == hash;
  }

  // Whether one of that size would be kept: it takes no more than a quarter of the room.
  bool fits(size_t bytes) const { return bytes <= max_bytes_ / 4; }

  // In place of what is known of that request. What does not fit is not kept.
  void keep(std::string_view request, Ptr known) NAVISTORE_EXCLUDES(mutex_) {
    Entry entry{std::string(request), std::move(known)};
    if (!fits(entry.bytes())) return;
    Entries dropped;  // destroyed without the lock
    const Lock lock(mutex_);
    const auto before = by_request_.find(request);
    if (before != by_request_.end()) drop(before->second, dropped);
    bytes_ += entry.bytes();
    entries_.push_front(std::move(entry));
    by_request_.emplace(entries_.front().request, entries_.begin());
    while (bytes_ > max_bytes_ || entries_.size() > max_entries_)
      drop(std::prev(entries_.end()), dropped);
  }

  bool enabled() const { return max_bytes_ != 0; }
  size_t bytes() const NAVISTORE_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return bytes_;
  }
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> misses{0};

 private:
  struct Entry {
    std::string request;
    Ptr known;
    size_t bytes() const { return request.size() + known->bytes(); }
  };
  using Entries = std::list<Entry>;

  void drop(typename Entries::iterator entry, Entries &to) NAVISTORE_REQUIRES(mutex_) {
    bytes_ -= entry->bytes();
    by_request_.erase(entry->request);
    to.splice(to.end(), entries_, entry);
  }

  const size_t max_bytes_;
  const size_t max_entries_;
  std::array<std::atomic<size_t>, 256> asked_{};  // hashes of requests
  mutable Mutex mutex_;
  Entries entries_ NAVISTORE_GUARDED_BY(mutex_);  // the last used one first
  std::unordered_map<std::string_view, typename Entries::iterator> by_request_
      NAVISTORE_GUARDED_BY(mutex_);
  size_t bytes_ NAVISTORE_GUARDED_BY(mutex_) = 0;
};

}  // namespace navistore::api
