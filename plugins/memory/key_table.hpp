// SPDX-License-Identifier: Apache-2.0
// From key to entry: extendible hashing (Fagin et al., 1979). A directory of 2^depth pointers,
// indexed by the first bits of the hash, leads to segments of 512 slots; a full segment is replaced
// by two, so that no insertion ever moves more than one segment's keys, however large the table is.
// A lookup misses the cache for the slot and for the entry, at most.
//
// find() runs at any time, beside a writer, pinned. The table is at least as new as the revision
// that its caller learned before: every key committed up to then is found. A segment that was
// replaced stays as it was.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "limbo.hpp"
#include "records.hpp"
#include "siphash.hpp"

namespace navistore::memory {

class KeyTable {
 public:
  // What it replaces goes to `limbo`; the owner gives it back to free_segment() and
  // free_directory().
  KeyTable(Slab &slab, Limbo &limbo, HashSeed seed);
  // Frees the table, not the entries. Nobody reads any more.
  ~KeyTable();
  KeyTable(const KeyTable &) = delete;
  KeyTable &operator=(const KeyTable &) = delete;

  // [concurrent, pinned]
  Entry *find(std::string_view key) const noexcept;

  // The entry's key is not in the table. Strong guarantee; throws std::bad_alloc.
  // [writer]
  void insert(Entry *entry);

  // The entry is in the table. Readers pinned earlier may still find it.
  // [writer]
  void erase(const Entry *entry) noexcept;

  // How many bits of the hash the directory goes by. [writer]
  uint32_t depth() const noexcept;

  static void free_segment(Slab &slab, void *segment) noexcept;
  static void free_directory(void *directory) noexcept;

 private:
  static constexpr size_t kSlots = 512;
  static constexpr size_t kMostUsed = kSlots / 4 * 3;

  // A slot holds the entry's address in 48 bits and 16 bits of the hash, so that other keys are
  // rarely looked at.
  using Slot = uint64_t;
  struct Segment {
    uint32_t depth;  // how many bits of the hash its keys have in common
    uint16_t used;   // slots not empty
    uint16_t live;   // slots with an entry
    std::array<std::atomic<Slot>, kSlots> slots;
  };
  struct Directory;

  static size_t index_of(uint64_t hash, uint32_t depth) {
    return depth == 0 ? 0 : static_cast<size_t>(hash >> (64 - depth));
  }
  static void put(Segment &segment, Slot slot, uint64_t hash) noexcept;
  Segment *new_segment(uint32_t depth);
  void make_room(uint64_t hash);
  void double_directory();
  void rebuild(Segment &old, uint64_t hash);
  void split(Segment &old, uint64_t hash);
  void replace(Segment &old, uint64_t hash, Segment &zeros, Segment &ones) noexcept;
  void copy(const Segment &from, Segment &zeros, Segment &ones) const noexcept;

  Slab &slab_;
  Limbo &limbo_;
  const HashSeed seed_;
  std::atomic<Directory *> directory_;
};

}  // namespace navistore::memory
