// SPDX-License-Identifier: Apache-2.0
// The two kinds of block that the store is made of. Every key has one Entry, which stays where it
// is from the key's creation until after its deletion; every change of the key is a Version. Both
// are one block each, with their bytes behind the struct.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "navistore/backend.hpp"
#include "slab.hpp"

namespace navistore::memory {

struct Entry;

// What one transaction did to one key, or a clear. Immutable from its publication on, except
// `state`, which belongs to the writer. A version is shared: the entry points to the newest, the
// history to all that it keeps.
struct Version {
  enum State : uint8_t {
    kInHistory = 1,
    kReplaced = 2,  // the entry has a newer one, or is gone; true of a clear from the start
  };

  uint64_t revision;
  uint64_t expires_ms;
  Entry *entry;  // nullptr: a clear
  Version *
      older;  // what it replaced; followed only by readers of an earlier revision, see version_at()
  uint32_t value_size;
  uint16_t meta_size;
  uint8_t change;  // NAVI_CHANGE_PUT, _DELETE or _CLEAR; flags from bit 4 on
  uint8_t state;
  // value, then meta

  std::string_view value() const { return {bytes(), value_size}; }
  std::string_view meta() const { return {bytes() + value_size, meta_size}; }
  uint32_t kind() const { return change & 0x0fu; }
  uint32_t flags() const { return static_cast<uint32_t>(change) >> 4; }
  size_t block_size() const { return sizeof(Version) + value_size + meta_size; }

 private:
  const char *bytes() const { return reinterpret_cast<const char *>(this + 1); }
};

// A key's place in the table and in the ordered list.
struct Entry {
  enum State : uint8_t {
    kLinked = 1,  // readers may find it
    kDoomed = 2,  // deleted, waits in limbo to be unlinked
  };

  std::atomic<Version *> latest;  // nullptr: never committed
  std::atomic<Entry *> previous;  // in key order; the list's head for the first
  uint32_t versions;              // how many versions point here; writer only
  uint16_t key_size;
  uint8_t height;
  uint8_t state;  // writer only
  // std::atomic<Entry *> next[height], then the key

  std::atomic<Entry *> &next(unsigned level) {
    return reinterpret_cast<std::atomic<Entry *> *>(this + 1)[level];
  }
  const std::atomic<Entry *> &next(unsigned level) const {
    return reinterpret_cast<const std::atomic<Entry *> *>(this + 1)[level];
  }
  std::string_view key() const {
    return {reinterpret_cast<const char *>(this + 1) + height * sizeof(std::atomic<Entry *>),
            key_size};
  }
  size_t block_size() const {
    return sizeof(Entry) + height * sizeof(std::atomic<Entry *>) + key_size;
  }
};

// Asks for the cache lines behind the first one of a version, where a small value and its meta are,
// while that one is still on its way.
inline void fetch_ahead(const Version *version) {
  constexpr size_t kLine = 64;
  if (version == nullptr) return;
  const char *const start = reinterpret_cast<const char *>(version);
  __builtin_prefetch(start + kLine);
  __builtin_prefetch(start + 2 * kLine);
}

// The newest version of the key at `revision`; nullptr if there was none. May be a delete.
// The caller is pinned since before it learned `revision`: a version replaced later than that is
// not freed before the caller unpins, and one replaced earlier is not reached, because its
// successor ends the walk.
inline const Version *version_at(const Entry &entry, uint64_t revision) {
  const Version *version = entry.latest.load(std::memory_order_acquire);
  fetch_ahead(version);
  while (version != nullptr && version->revision > revision) version = version->older;
  return version;
}

// True if a reader at now_ms sees an item in this version; nullptr is none.
inline bool is_live(const Version *version, uint64_t now_ms) {
  return version != nullptr && version->kind() == NAVI_CHANGE_PUT &&
         (version->expires_ms == 0 || version->expires_ms > now_ms);
}

// What max_bytes of a store and of a scan count.
inline uint64_t item_bytes(const Version &version) {
  return version.entry->key_size + uint64_t{version.value_size} + version.meta_size;
}

// The four below throw std::bad_alloc or nothing. Sizes are within the store's limits.
Version *make_version(Slab &slab, uint32_t kind, std::string_view value, std::string_view meta);
void free_version(Slab &slab, Version *version) noexcept;
Entry *make_entry(Slab &slab, std::string_view key, unsigned height);
void free_entry(Slab &slab, Entry *entry) noexcept;

}  // namespace navistore::memory
