// SPDX-License-Identifier: Apache-2.0
// The newest changes, in order, within bounds. It shares the versions with the table, so it costs 8
// bytes a change and whatever versions only it still needs. All calls under the writer's lock.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "records.hpp"

namespace navistore::memory {

class History {
 public:
  // At most `most_changes` changes, and at most `most_bytes` of versions that only the history
  // keeps. Whole transactions are dropped, the newest never.
  History(uint64_t most_changes, uint64_t most_bytes)
      : most_changes_(most_changes), most_bytes_(most_bytes) {}

  // Adds a change of the transaction that is being committed; throws std::bad_alloc. pop_back()
  // takes back the last.
  void push_back(Version *version);
  void pop_back() noexcept;

  // A version in the history was replaced: only the history keeps it now.
  void replaced(const Version &version) noexcept { kept_bytes_ += version.block_size(); }

  // The oldest change if it is to go, by the bounds or because its revision is below the one given
  // to trim(); otherwise nullptr. The caller takes it with pop_front(), and goes on until it is
  // nullptr.
  Version *excess() const noexcept;
  Version *front() const noexcept { return changes_.front(); }
  void pop_front() noexcept;

  // Changes of revisions below `before` are to go.
  void trim(uint64_t before) noexcept {
    if (before > trim_before_) trim_before_ = before;
  }

  // Everything up to here is gone; 0: nothing.
  uint64_t dropped_through() const noexcept { return dropped_through_; }
  size_t size() const noexcept { return changes_.size(); }
  uint64_t kept_bytes() const noexcept { return kept_bytes_; }

  // Appends the changes of revisions above `after` to `out`, in order, whole transactions until it
  // has `most` or more. Throws std::bad_alloc.
  void copy(uint64_t after, size_t most, std::vector<const Version *> &out) const;

 private:
  const uint64_t most_changes_;
  const uint64_t most_bytes_;
  std::deque<Version *> changes_;
  uint64_t kept_bytes_ = 0;
  uint64_t trim_before_ = 0;
  uint64_t dropped_through_ = 0;
};

}  // namespace navistore::memory
