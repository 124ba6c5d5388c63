// SPDX-License-Identifier: Apache-2.0
// The entries in order of their keys, as unsigned bytes: a skip list (W. Pugh, 1990; one level in
// four) whose lowest level is linked both ways.
//
// One writer; readers go through it at any time, pinned, without a lock. An entry is linked from
// the bottom up when it is complete, and keeps its own links when it is unlinked, so a reader that
// stands on it walks on. What such a reader can miss was inserted after it began, and is newer than
// the revision that it reads.
#pragma once
#include <cstdint>
#include <string_view>

#include "records.hpp"

namespace navistore::memory {

class OrderedKeys {
 public:
  explicit OrderedKeys(Slab &slab);
  // Frees the list, not the entries. Nobody reads any more.
  ~OrderedKeys();
  OrderedKeys(const OrderedKeys &) = delete;
  OrderedKeys &operator=(const OrderedKeys &) = delete;

  // Each is nullptr if there is no such entry; O(log n) expected. [concurrent, pinned]
  const Entry *at_or_after(std::string_view key) const noexcept;
  const Entry *after(std::string_view key) const noexcept;
  const Entry *before(std::string_view key) const noexcept;
  const Entry *last() const noexcept;

  // The neighbours; O(1). [concurrent, pinned]
  const Entry *next(const Entry &entry) const noexcept {
    return entry.next(0).load(std::memory_order_acquire);
  }
  const Entry *previous(const Entry &entry) const noexcept {
    const Entry *previous = entry.previous.load(std::memory_order_acquire);
    return previous == head_ ? nullptr : previous;
  }

  // The number of levels for a new entry. [writer]
  unsigned random_height() noexcept;
  // No entry has its key. [writer]
  void insert(Entry *entry) noexcept;
  // The entry is in the list. [writer]
  void erase(Entry *entry) noexcept;
  // Takes the first entry out, for an owner that frees a list nobody reads any more; nullptr: none
  // left. [writer]
  Entry *pop_front() noexcept;

 private:
  static constexpr unsigned kMostLevels = 14;  // 4^14 keys: more than memory holds

  // The last entry whose key is less than `key` (kOrEqual: or equal), or the head. `path`, if not
  // nullptr, gets it for every level.
  enum class Bound { kLess, kOrEqual };
  Entry *descend(std::string_view key, Bound bound, Entry **path) const noexcept;

  Slab &slab_;
  Entry *const head_;
  uint64_t random_ =
      0x9e3779b97f4a7c15u;  // xorshift64; heights need no secrecy, keys do not choose them
};

}  // namespace navistore::memory
