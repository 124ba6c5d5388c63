// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/line_limit.hpp"

#include <utility>

namespace navistore::telemetry {

std::optional<uint64_t> LineLimit::admit(size_t kind, Clock::time_point now) {
  constexpr std::chrono::seconds kPause{1};
  const Lock lock(mutex_);
  Kind &counted = kinds_.at(kind);
  if (counted.last && now - *counted.last < kPause) {
    ++counted.left_out;
    return std::nullopt;
  }
  counted.last = now;
  return std::exchange(counted.left_out, 0);
}

}  // namespace navistore::telemetry
