// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/mutex.hpp"

namespace navistore::telemetry {

// Lets one line of each kind pass a second, and counts those that it leaves out.
class LineLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // kind: below kKinds. Nothing: leave this line out; else how many were, since the last that
  // passed. [any thread]
  std::optional<uint64_t> admit(size_t kind, Clock::time_point now) NAVISTORE_EXCLUDES(mutex_);

  static constexpr size_t kKinds = 32;

 private:
  struct Kind {
    std::optional<Clock::time_point> last;  // one passed
    uint64_t left_out = 0;
  };
  Mutex mutex_;
  std::array<Kind, kKinds> kinds_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::telemetry
