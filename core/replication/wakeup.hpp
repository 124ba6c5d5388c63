// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "core/mutex.hpp"

namespace navistore::replication {

// Where one thread waits until there is something to do for it. [any thread] but for wait()
class Wakeup {
 public:
  using Clock = std::chrono::steady_clock;

  // Ends the wait at hand, or else the next one; a pause it does not.
  void wake() NAVISTORE_EXCLUDES(mutex_);
  // The same, and ends the pause at hand, or else the next one.
  void hurry() NAVISTORE_EXCLUDES(mutex_);
  // Ends every wait and pause from now on.
  void stop() NAVISTORE_EXCLUDES(mutex_);
  bool stopped() const NAVISTORE_EXCLUDES(mutex_);
  // Until somebody wakes or stops, at most until the deadline; time_point::max(): there is none.
  void wait(Clock::time_point deadline) NAVISTORE_EXCLUDES(mutex_);
  // Between two tries: until the deadline, whatever else there is to do meanwhile.
  void pause(Clock::time_point deadline) NAVISTORE_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Condition changed_;
  bool woken_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool hurried_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool stopped_ NAVISTORE_GUARDED_BY(mutex_) = false;
};

}  // namespace navistore::replication
