// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "navistore/backend.hpp"

namespace navistore::sqlite {

// Counts the interrupts of a store: a call that sees the count change ends.
using Interrupts = std::atomic<uint64_t>;

// How long one call may take: until its timeout, or until the store is interrupted.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // timeout_ms: from now; 0: no limit. `interrupts` must outlive this.
  Deadline(uint64_t timeout_ms, const Interrupts &interrupts) noexcept
      : interrupts_(interrupts), seen_(interrupts.load(std::memory_order_relaxed)) {
    // A year is as good as no limit, and cannot overflow the clock.
    constexpr uint64_t kYear = 365ULL * 24 * 3600 * 1000;
    if (timeout_ms != 0 && timeout_ms < kYear) {
      until_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
    }
  }

  bool interrupted() const noexcept { return interrupts_.load(std::memory_order_relaxed) != seen_; }
  bool passed() const noexcept { return until_ != kNever && Clock::now() >= until_; }
  bool over() const noexcept { return interrupted() || passed(); }

  // Throws CANCELLED or UNAVAILABLE once the deadline is over.
  void check() const {
    if (interrupted()) throw backend::Failure(NAVI_CANCELLED, "interrupted");
    if (passed()) throw backend::Failure(NAVI_UNAVAILABLE, "timeout");
  }

  Clock::time_point until() const noexcept { return until_; }
  static constexpr Clock::time_point kNever = Clock::time_point::max();

 private:
  const Interrupts &interrupts_;
  uint64_t seen_;
  Clock::time_point until_ = kNever;
};

}  // namespace navistore::sqlite
