// SPDX-License-Identifier: Apache-2.0
#include "tests/core/store/support/stepping_clock.hpp"

#include <dlfcn.h>
#include <time.h>

#include <atomic>

namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerS = 1'000'000'000;

std::atomic<int64_t> step_at_ns{INT64_MAX};
std::atomic<int64_t> back_ns{0};
std::atomic<int> readings_left{0};

using ClockFunction = int (*)(clockid_t, timespec *);

}  // namespace

// Takes the place of the C library's for the program and all that it loads.
extern "C" int clock_gettime(clockid_t clock, timespec *now) noexcept {
  static const auto real = reinterpret_cast<ClockFunction>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int status = real(clock, now);
  if (status != 0 || clock != CLOCK_REALTIME) return status;
  const int64_t true_ns = now->tv_sec * kNsPerS + now->tv_nsec;
  if (true_ns < step_at_ns || readings_left.fetch_sub(1) > 0) return status;
  const int64_t shown_ns = true_ns - back_ns;
  now->tv_sec = shown_ns / kNsPerS;
  now->tv_nsec = shown_ns % kNsPerS;
  return status;
}

namespace navistore::store::testing {

SteppingClock::SteppingClock(uint64_t time_ms, int readings, uint64_t back_ms) {
  back_ns = static_cast<int64_t>(back_ms) * kNsPerMs;
  readings_left = readings;
  step_at_ns = static_cast<int64_t>(time_ms) * kNsPerMs;
}

SteppingClock::~SteppingClock() { step_at_ns = INT64_MAX; }

bool SteppingClock::stepped() const { return readings_left < 0; }

}  // namespace navistore::store::testing
