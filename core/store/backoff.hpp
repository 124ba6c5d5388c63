// SPDX-License-Identifier: Apache-2.0
// When to open a backend again that died, or that could not be opened.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace navistore::store {

// At once after a death, but where the backend had just been opened again, or could not be, after a
// pause: 10 ms, then twice the one before, up to 5 s. Only a life of 5 s makes the next death the
// first one again: what opens and dies at its first calls would be opened for ever.
class Backoff {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirst{10};
  static constexpr std::chrono::milliseconds kLongest{5'000};

  // The backend is away: whether it is time. The first question after a start or an opened() tells
  // of a death.
  bool is_due(Clock::time_point now) {
    if (!next_try_) died(now);
    return now >= *next_try_;
  }
  void opened(Clock::time_point now) {
    opened_ = now;
    next_try_.reset();
  }
  void failed(Clock::time_point now) { wait_from(now); }  // to open
  // Nothing: it is open, or nobody asked yet.
  std::optional<Clock::time_point> next_try() const { return next_try_; }

 private:
  void died(Clock::time_point now) {
    const bool lived = !opened_ || now - *opened_ >= kLongest;
    if (!lived) return wait_from(now);
    pause_ = kFirst;
    next_try_ = now;
  }
  void wait_from(Clock::time_point now) {
    next_try_ = now + pause_;
    pause_ = std::min(pause_ * 2, kLongest);
  }

  std::chrono::milliseconds pause_ = kFirst;
  std::optional<Clock::time_point> opened_;  // again
  std::optional<Clock::time_point> next_try_;
};

}  // namespace navistore::store
