// SPDX-License-Identifier: Apache-2.0
#include "limbo.hpp"

#include <algorithm>
#include <cassert>

namespace navistore::memory {

void Limbo::reserve(size_t count) {
  const size_t wanted = fresh_.size() + count;
  if (wanted > fresh_.capacity()) fresh_.reserve(std::max(wanted, 2 * fresh_.capacity()));
}

void Limbo::retire(const Retired &retired) noexcept {
  assert(fresh_.size() < fresh_.capacity());
  fresh_.push_back(retired);
  fresh_bytes_ += retired.size;
}

void Limbo::pop() noexcept {
  if (++next_ < ripe_.size()) return;
  ripe_.clear();
  next_ = 0;
}

// What is fresh was retired in the current epoch or, if nobody asked to ripen, before; what is
// waiting, before that.
void Limbo::ripen(When when) noexcept {
  if (ripe() != nullptr || (fresh_.empty() && waiting_.empty())) return;
  const bool worthwhile = fresh_.size() >= kWorthwhileCount || fresh_bytes_ >= kWorthwhileBytes;
  if (!worthwhile && when == When::kWorthwhile) return;
  if (!readers_.try_advance()) return;
  ripe_.swap(waiting_);
  waiting_.swap(fresh_);
  fresh_bytes_ = 0;
}

}  // namespace navistore::memory
