// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "item_table.hpp"
#include "navistore/backend.hpp"
#include "navistore/mutex.hpp"

namespace navistore::sqlite {

// Rows as the newest commit left them, so that a read of one key need not ask SQLite, whose own
// cache of a connection is void after every commit of another one.
//
// A writer drops the keys that it is about to change before its commit can be seen, and puts the
// new rows after it; a reader adds what it found. So a row that is here is the newest one: what a
// reader took from an older state than the last change near the key (changed_at) is not accepted.
// All calls are [concurrent].
class RowCache {
 public:
  static constexpr size_t kLargest = 1024;  // bytes of the largest row that is kept

  // bytes: memory at the most, used as rows come; less than a set's 4 KiB is no cache.
  explicit RowCache(uint64_t bytes);
  RowCache(const RowCache &) = delete;
  RowCache &operator=(const RowCache &) = delete;

  // A copy of a row; `item` borrows from it.
  struct Found {
    navi_item item;
    std::array<char, kLargest> bytes;
  };
  bool find(const navi_bytes &key, Found &found);

  // What a writer needs to know of a row, without a copy of it.
  bool look(const navi_bytes &key, Row &row);

  // A row as it is in the state at revision `as_of`.
  void add(const navi_item &item, uint64_t as_of);
  // To be called before the commit that makes revision `revision` can be seen, for each key that it
  // changes; whether or not it succeeds then.
  void drop(const navi_bytes &key, uint64_t revision);
  // The same for all keys.
  void drop_all(uint64_t revision) noexcept { cleared_at_ = revision; }

 private:
  struct Slot {
    uint32_t hash;
    uint16_t offset, size;  // of the row in Set::rows
  };
  static constexpr size_t kSetBytes = 4096;
  static constexpr size_t kSlots = 32;
  // The rows of the keys whose hash leads here, the oldest first, one behind the other. All zero
  // when empty, so that memory is taken as it is used.
  struct Set {
    uint64_t changed_at;  // the newest revision that changed one of them, or was to
    uint32_t count, used;
    std::array<Slot, kSlots> slots;
    std::array<char, kSetBytes - 16 - kSlots * sizeof(Slot)> rows;
  };
  static_assert(sizeof(Set) == kSetBytes);
  struct Place {
    Set *set;  // guarded by the lock
    backend::Mutex *lock;
    uint32_t hash;
  };
  struct alignas(64) Stripe {
    backend::Mutex mutex;
  };
  struct Free {
    void operator()(Set *sets) const noexcept { std::free(sets); }
  };

  template <class Use>
  bool visit(const navi_bytes &key, const Use &use);
  Place place_of(std::string_view key) noexcept;
  static size_t slot_of(const Set &set, uint32_t hash, std::string_view key) noexcept;
  static void remove(Set &set, size_t slot) noexcept;
  static void append(Set &set, uint32_t hash, const navi_item &item) noexcept;

  const size_t size_;  // in sets
  const std::unique_ptr<Set[], Free> sets_;
  std::atomic<uint64_t> cleared_at_{0};  // no row up to this revision counts
  std::array<Stripe, 256> stripes_;      // each locks every 256th set, for a few copies in memory
};

}  // namespace navistore::sqlite
