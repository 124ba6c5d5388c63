// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <utility>

namespace navistore::conformance {

// A limit is exceeded by this many times itself, at most, for the sake of a machine that is busy
// with something else.
constexpr int kMostPatience = 5;

// How long a process and its children were kept from running: the time that their threads were
// ready to run and had no CPU, together at most the time that passed. Threads that keep each other
// from running count, too: one that spins in more threads than there are CPUs gets all the patience
// there is, kMostPatience times its limit, and no more. One that sleeps or waits
// for a lock is not kept from anything; a wait counts when it is over. A process that begins and
// ends between two looks is not seen, and without the kernel's figures nothing is.
class Starvation {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Starvation(pid_t pid) : pid_(pid) {}
  void look();  // often enough; does nothing when the last look was a moment ago
  Clock::duration total() const noexcept { return total_; }

 private:
  using Delays = std::map<pid_t, std::chrono::nanoseconds>;  // of threads

  static void collect(pid_t process, Delays &delays);

  const pid_t pid_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point looked_ = started_;
  Delays last_;
  Clock::duration waited_{0};
  Clock::duration total_{0};
};

}  // namespace navistore::conformance
