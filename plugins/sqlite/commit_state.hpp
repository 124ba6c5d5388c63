// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "navistore/backend.hpp"

namespace navistore::sqlite {

// What the writer tells the readers. A line of its own: every read looks at it.
struct alignas(64) CommitState {
  // Counts the commits of this process. A snapshot that was begun at the present count is the
  // newest state.
  std::atomic<uint64_t> generation{1};
  // The newest revision that a call has returned or read from: the state that a call answers from
  // is not older.
  std::atomic<uint64_t> revision{0};
  void saw(uint64_t newer) noexcept {
    uint64_t known = revision.load(std::memory_order_acquire);
    while (known < newer && !revision.compare_exchange_weak(known, newer)) {
    }
  }
  // The newest revision that is known to be on stable storage.
  std::atomic<uint64_t> durable_revision{0};
  // A checkpoint failed: what it copied may not be on the disk, but is read from the file, and may
  // be the old bytes once it has left the memory. Opened again, the store reads the log first.
  std::atomic<bool> file_failed{false};
  void require_file() const {  // throws IO
    if (!file_failed.load(std::memory_order_relaxed)) return;
    throw backend::Failure(NAVI_IO, "a checkpoint failed, and the store must be opened again");
  }
};

}  // namespace navistore::sqlite
