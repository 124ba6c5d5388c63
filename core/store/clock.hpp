// SPDX-License-Identifier: Apache-2.0
// Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): stamps follow the wall
// clock and never go back, whatever it does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/store/item.hpp"

namespace navistore::store {

// Its upper bound is kept on stable storage ahead of the stamps, in steps, so that a restart with
// an earlier wall clock repeats none. The caller keeps it; not thread-safe.
class Clock {
 public:
  static constexpr uint64_t kStepMs = 10'000;

  // bound: the kept one, 0 at the very first start. No stamp up to it is made again.
  void start(uint64_t node, uint64_t bound_ms) {
    node_ = node;
    bound_ms_ = bound_ms;
    last_ = {bound_ms, std::numeric_limits<uint32_t>::max(), node};
  }
  // False: keep_ahead(now_ms) must be on stable storage, and told by kept(), before the next stamp.
  bool covers(uint64_t now_ms) const { return following(now_ms).ms < bound_ms_; }
  uint64_t keep_ahead(uint64_t now_ms) const { return following(now_ms).ms + kStepMs; }
  void kept(uint64_t bound_ms) { bound_ms_ = std::max(bound_ms_, bound_ms); }

  // Greater than every stamp before. Requires covers(now_ms) at the start of the batch.
  Stamp next(uint64_t now_ms) { return last_ = following(now_ms); }
  // A stamp of another server was seen: later ones of this server exceed it.
  void observe(const Stamp &stamp) {
    if (stamp.ms > last_.ms || (stamp.ms == last_.ms && stamp.counter > last_.counter)) {
      last_ = {stamp.ms, stamp.counter, node_};
    }
  }

 private:
  Stamp following(uint64_t now_ms) const {
    if (now_ms > last_.ms) return {now_ms, 0, node_};
    if (last_.counter == std::numeric_limits<uint32_t>::max()) return {last_.ms + 1, 0, node_};
    return {last_.ms, last_.counter + 1, node_};
  }

  uint64_t node_ = 0;
  uint64_t bound_ms_ = 0;
  Stamp last_;
};

}  // namespace navistore::store
