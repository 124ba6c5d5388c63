// SPDX-License-Identifier: Apache-2.0
// What the writer took out of sight and cannot free yet, in the order in which it went. All calls
// are the writer's.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "readers.hpp"

namespace navistore::memory {

struct Retired {
  enum Kind : uint32_t {
    kVersion,    // replaced, and in no history
    kDoomed,     // an entry whose newest version deletes it: to be unlinked when nobody can need it
    kUnlinked,   // an entry that was unlinked
    kSegment,    // of a key table that has split
    kDirectory,  // of a key table that has grown
    kKeyspace,   // of a store that was cleared
  };
  Kind kind;
  uint32_t size;  // bytes that wait with it; only to decide when to look for readers
  void *what;
  uint64_t keyspace;  // kDoomed: Keyspace::since of the one that the entry is in
  uint64_t revision;  // kDoomed: of the deleting version
};

class Limbo {
 public:
  explicit Limbo(Readers &readers) : readers_(readers) {}

  // Makes the next `count` calls of retire() unable to fail. Throws std::bad_alloc.
  void reserve(size_t count);
  void retire(const Retired &retired) noexcept;

  // The oldest that no reader can reach any more, or nullptr; pop() it when done with it.
  const Retired *ripe() const noexcept { return next_ < ripe_.size() ? &ripe_[next_] : nullptr; }
  void pop() noexcept;
  size_t ripe_count() const noexcept { return ripe_.size() - next_; }

  // Ripens what it can if enough waits for it to be worth the look at all readers; with kNow
  // always.
  enum class When { kWorthwhile, kNow };
  void ripen(When when) noexcept;

  bool empty() const noexcept { return ripe() == nullptr && waiting_.empty() && fresh_.empty(); }

 private:
  static constexpr size_t kWorthwhileCount = 256;
  static constexpr uint64_t kWorthwhileBytes = uint64_t{1} << 20;

  Readers &readers_;
  std::vector<Retired> fresh_;    // retired in this epoch
  std::vector<Retired> waiting_;  // in the one before
  std::vector<Retired> ripe_;     // earlier
  size_t next_ = 0;               // in ripe_
  uint64_t fresh_bytes_ = 0;
};

}  // namespace navistore::memory
