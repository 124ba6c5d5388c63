// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>

namespace navistore::memory {

void History::push_back(Version *version) {
  changes_.push_back(version);
  version->state |= Version::kInHistory;
  if ((version->state & Version::kReplaced) != 0) kept_bytes_ += version->block_size();
}

void History::pop_back() noexcept {
  Version *version = changes_.back();
  changes_.pop_back();
  version->state &= static_cast<uint8_t>(~Version::kInHistory);
  if ((version->state & Version::kReplaced) != 0) kept_bytes_ -= version->block_size();
}

// A transaction whose first change is gone is taken to its end.
Version *History::excess() const noexcept {
  if (changes_.empty()) return nullptr;
  Version *oldest = changes_.front();
  if (oldest->revision == dropped_through_ || oldest->revision < trim_before_) return oldest;
  const bool over = changes_.size() > most_changes_ || kept_bytes_ > most_bytes_;
  return over && oldest->revision != changes_.back()->revision ? oldest : nullptr;
}

void History::pop_front() noexcept {
  Version *version = changes_.front();
  changes_.pop_front();
  version->state &= static_cast<uint8_t>(~Version::kInHistory);
  if ((version->state & Version::kReplaced) != 0) kept_bytes_ -= version->block_size();
  dropped_through_ = version->revision;
}

void History::copy(uint64_t after, size_t most, std::vector<const Version *> &out) const {
  auto change = std::upper_bound(
      changes_.begin(), changes_.end(), after,
      [](uint64_t revision, const Version *version) { return revision < version->revision; });
  for (; change != changes_.end(); ++change) {
    if (out.size() >= most && (*change)->revision != out.back()->revision) return;
    out.push_back(*change);
  }
}

}  // namespace navistore::memory
