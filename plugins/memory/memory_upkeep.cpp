// SPDX-License-Identifier: Apache-2.0
// purge, compact, verify, backup.
#include <algorithm>
#include <chrono>
#include <string>

#include "memory_store.hpp"

namespace navistore::memory {
namespace {

using backend::Failure;
using backend::Lock;

// How many blocks are freed, and how many entries verified, between two looks at the lock and the
// clock.
constexpr size_t kAtOnce = 1024;

class Deadline {
 public:
  explicit Deadline(uint64_t timeout_ms)
      : end_(Clock::now() + std::chrono::milliseconds(std::min(timeout_ms, kLongest))),
        endless_(timeout_ms == 0) {}

  void check() const {
    if (!endless_ && Clock::now() >= end_) throw Failure(NAVI_UNAVAILABLE, "the time is over");
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kLongest = uint64_t{1} << 40;  // keeps the sum in range; 34 years
  const Clock::time_point end_;
  const bool endless_;
};

struct Count {
  uint64_t items = 0, bytes = 0;
};

// Every item of the list must stand behind the one before, and be found by its key. Counts it.
// Entries without an item may be unlinked at this moment, and are passed over.
void verify_entry(const Snapshot &snapshot, const Entry &entry, const Entry *before, Count &count) {
  if (before != nullptr && before->key() >= entry.key()) {
    throw Failure(NAVI_CORRUPT, "a key is out of order behind item " + std::to_string(count.items));
  }
  const Version *version = version_at(entry, snapshot.revision());
  if (version == nullptr || version->kind() != NAVI_CHANGE_PUT) return;
  if (snapshot.table().find(entry.key()) != &entry) {
    throw Failure(NAVI_CORRUPT, "the table lacks item " + std::to_string(count.items));
  }
  ++count.items;
  count.bytes += item_bytes(*version);
}

}  // namespace

void MemoryStore::purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply) {
  must_be_writable(0);
  uint64_t before = 0;
  {
    const Lock lock(commit_);
    before = writer_.revision();
    writer_.collect(kAtOnce, Limbo::When::kWorthwhile);
    Transaction transaction(writer_, now_ms, steps_);
    uint64_t count = 0;
    for (const auto &[expires_ms, entry] : writer_.keyspace().expiries) {
      if (expires_ms > now_ms || (max_items != 0 && count == max_items)) break;
      transaction.expire(entry);
      ++count;
    }
    reply.revision = transaction.commit();
    if (writer_.keyspace().expiries.any_by(now_ms)) reply.flags |= NAVI_MORE;
  }
  if (reply.revision != before) doorbell_.ring();
}

void MemoryStore::compact(uint64_t timeout_ms) {
  must_be_writable(0);
  Deadline(timeout_ms).check();
  collect_garbage();
  shared_.slab.trim();
}

// In slices, so that writers get their turn. An entry that is doomed now is unlinked two epochs on
// and freed after two more; each round is at most one epoch. What a clear took out of sight leaves
// the history as well, which only then has it as its own. What a reader still holds is left to
// later commits.
void MemoryStore::collect_garbage() {
  constexpr int kEpochsToFree = 5;
  for (int round = 0; round < kEpochsToFree; ++round) {
    for (bool done = false; !done;) {
      const Lock lock(commit_);
      done = writer_.collect(kAtOnce, Limbo::When::kNow);
      writer_.limbo().reserve(kAtOnce);
      done = writer_.drop_excess_changes(kAtOnce) && done;
    }
  }
}

// The counts are compared at the revision at which they were taken, so writers go on meanwhile.
void MemoryStore::verify(uint64_t timeout_ms) {
  const Deadline deadline(timeout_ms);
  Count expected;
  const std::unique_ptr<const Snapshot> snapshot = counted_snapshot(expected.items, expected.bytes);
  Count seen;
  uint64_t entries = 0;
  const Entry *before = nullptr;
  for (const Entry *entry = snapshot->keys().at_or_after({}); entry != nullptr;
       before = entry, entry = snapshot->keys().next(*entry)) {
    if (++entries % kAtOnce == 0) deadline.check();
    verify_entry(*snapshot, *entry, before, seen);
  }
  if (seen.items != expected.items || seen.bytes != expected.bytes) {
    throw Failure(NAVI_CORRUPT, "the store counts " + std::to_string(expected.items) +
                                    " items of " + std::to_string(expected.bytes) +
                                    " bytes and has " + std::to_string(seen.items) + " of " +
                                    std::to_string(seen.bytes));
  }
}

std::unique_ptr<const Snapshot> MemoryStore::counted_snapshot(uint64_t &items, uint64_t &bytes) {
  const Lock lock(commit_);
  items = writer_.keyspace().items;
  bytes = writer_.keyspace().bytes;
  return std::make_unique<const Snapshot>(shared_);
}

void MemoryStore::backup(const char *, navi_reply &) {
  throw Failure(NAVI_UNSUPPORTED, "a store in memory has nothing that open() could find again");
}

}  // namespace navistore::memory
