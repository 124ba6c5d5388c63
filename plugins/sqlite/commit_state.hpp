// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace navistore::sqlite {

// What the writer tells the readers. A line of its own: every read looks at it.
struct alignas(64) CommitState {
  // Counts the commits of this process. A snapshot that was begun at the present count is the
  // newest state.
  std::atomic<uint64_t> generation{1};
  // The newest revision. A call that begins after its commit returned finds it here.
  std::atomic<uint64_t> revision{0};
  // The newest revision that is known to be on stable storage.
  std::atomic<uint64_t> durable_revision{0};
};

}  // namespace navistore::sqlite
