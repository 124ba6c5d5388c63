// SPDX-License-Identifier: Apache-2.0
// What only the writer touches, and how memory comes back. One thread at a time.
#pragma once
#include <cstdint>
#include <memory>

#include "history.hpp"
#include "keyspace.hpp"
#include "limbo.hpp"

namespace navistore::memory {

class Writer {
 public:
  // The shared state must outlive it. Makes the first keyspace. Throws std::exception.
  Writer(Shared &shared, uint64_t most_changes, uint64_t most_history_bytes);
  // Frees everything; nobody reads any more.
  ~Writer();
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  Shared &shared() { return shared_; }
  Keyspace &keyspace() const { return *shared_.keyspace.load(std::memory_order_relaxed); }
  History &history() { return history_; }
  Limbo &limbo() { return limbo_; }
  uint64_t revision() const { return shared_.committed.load(std::memory_order_relaxed); }

  // Makes a commit visible: everything that it wrote is linked, with this revision.
  void publish(uint64_t revision) noexcept {
    shared_.committed.store(revision, std::memory_order_release);
  }

  // Replaces the keyspace by an empty one. Returns the new revision, or the old one if it was empty
  // already. Strong guarantee; throws std::bad_alloc.
  uint64_t clear();

  // A version is no longer its entry's newest.
  // Needs room for one in limbo.
  void replaced(Version *version) noexcept;
  // An entry's newest version deletes it.
  // Needs room for one in limbo.
  void doom(Entry *entry) noexcept;

  // An entry that was made for a transaction which is not committed: no version points to it. If
  // memory is too short to take it out, it stays, absent to all, for the key's next write.
  void withdraw(Entry *entry) noexcept;

  // Drops the changes that are too many, or trimmed; at most `most` of them. True: there are none
  // left to drop. Needs room for `most` in limbo.
  bool drop_excess_changes(size_t most) noexcept;

  // Frees what nobody can reach any more, at most `most` blocks, so that no commit takes long
  // because of it. True: there is nothing left that could be freed now. Throws std::bad_alloc.
  bool collect(size_t most, Limbo::When when);

 private:
  enum class Progress { kDone, kMore };
  Progress free_retired(const Retired &retired);
  void unlink_doomed(const Retired &retired);
  void unlink(Keyspace &keyspace, Entry *entry) noexcept;
  Progress free_some(Keyspace *keyspace) noexcept;
  bool free_first(Keyspace &keyspace) noexcept;
  void free(Version *version) noexcept;
  void free_if_unused(Entry *entry) noexcept;

  Shared &shared_;
  Limbo limbo_;
  History history_;
};

struct VersionDeleter {
  Slab *slab;
  void operator()(Version *version) const noexcept { free_version(*slab, version); }
};
// A version that is not part of the store yet.
using VersionPtr = std::unique_ptr<Version, VersionDeleter>;

}  // namespace navistore::memory
