// SPDX-License-Identifier: Apache-2.0
// The state that readers and the writer share, and the rule by which they do.
//
// The writer gives every version of a transaction the next revision, links them all, and only then
// sets `committed` to it. A reader pins, takes `committed` as its revision, and looks through what
// is newer: whatever it reads until it unpins is one state. A clear is a new keyspace, linked to
// the one before it.
#pragma once
#include <atomic>
#include <cstdint>

#include "expiry_index.hpp"
#include "key_table.hpp"
#include "ordered_keys.hpp"
#include "readers.hpp"

namespace navistore::memory {

struct Keyspace {
  Keyspace(Slab &slab, Limbo &limbo, uint64_t revision, Keyspace *before)
      : since(revision), older(before), table(slab, limbo, random_seed()), keys(slab) {}

  const uint64_t since;   // the revision of the clear that made it; 0: the first
  Keyspace *const older;  // followed only by readers of an earlier revision, like Version::older
  KeyTable table;
  OrderedKeys keys;

  // The writer's:
  ExpiryIndex expiries;
  uint64_t items = 0;  // entries whose newest version is a put
  uint64_t bytes = 0;  // of their keys, values and metas
};

// What readers load is apart from what writers lock.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): that is what the padding is for
struct Shared {
  Slab slab;
  Readers readers;
  alignas(128) std::atomic<uint64_t> committed{0};  // the newest revision
  std::atomic<Keyspace *> keyspace{nullptr};        // the newest
};

// One state of the store, for as long as it exists.
class Snapshot {
 public:
  explicit Snapshot(const Shared &shared)
      : pin_(shared.readers), revision_(shared.committed.load(std::memory_order_acquire)) {
    const Keyspace *keyspace = shared.keyspace.load(std::memory_order_acquire);
    while (keyspace->since > revision_) keyspace = keyspace->older;
    keyspace_ = keyspace;
  }

  uint64_t revision() const { return revision_; }
  const OrderedKeys &keys() const { return keyspace_->keys; }
  const KeyTable &table() const { return keyspace_->table; }

  // The version that a reader at now_ms sees; nullptr: no live item.
  const Version *live(const Entry *entry, uint64_t now_ms) const {
    if (entry == nullptr) return nullptr;
    const Version *version = version_at(*entry, revision_);
    return is_live(version, now_ms) ? version : nullptr;
  }

 private:
  const Readers::Pin pin_;  // before the revision is learned
  const uint64_t revision_;
  const Keyspace *keyspace_;
};

}  // namespace navistore::memory
