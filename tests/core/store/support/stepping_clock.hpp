// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace navistore::store::testing {

// The wall clock of the whole test program steps back while one exists; one exists at a time.
class SteppingClock {
 public:
  // Once it was read so often at or after this time (Unix, ms), it is so much behind.
  SteppingClock(uint64_t time_ms, int readings, uint64_t back_ms);
  ~SteppingClock();  // the true time again
  SteppingClock(const SteppingClock &) = delete;
  SteppingClock &operator=(const SteppingClock &) = delete;

  bool stepped() const;
};

}  // namespace navistore::store::testing
