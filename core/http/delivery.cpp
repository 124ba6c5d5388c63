// SPDX-License-Identifier: Apache-2.0
#include "core/http/delivery.hpp"

#include <utility>

namespace navistore::http {

bool Delivery::too_slow(int64_t now_ms, const Wire &wire, uint64_t queued,
                        const ServerOptions &options) {
  const int64_t balance =
      static_cast<int64_t>(wire.sent) - static_cast<int64_t>(wire.unacknowledged);
  const int64_t progress = balance - std::exchange(balance_, balance);
  pending_ = queued > 0 || wire.unacknowledged > 0;
  if (queued == 0) backlog_since_ms_ = 0;
  if (!pending_) {
    stuck_since_ms_ = 0;
    return false;
  }
  if (progress > 0) taken_ += static_cast<uint64_t>(progress);
  if (progress > 0 || stuck_since_ms_ == 0) stuck_since_ms_ = now_ms;
  if (now_ms - stuck_since_ms_ > options.write_timeout.count()) return true;
  return queued > 0 && below_rate(now_ms, options);
}

bool Delivery::below_rate(int64_t now_ms, const ServerOptions &options) {
  const bool begins = backlog_since_ms_ == 0;
  const int64_t period = begins ? 0 : now_ms - backlog_since_ms_;
  if (!begins && period <= options.write_timeout.count()) return false;
  const bool slow = taken_ < static_cast<uint64_t>(period) * options.min_write_rate / 1000;
  backlog_since_ms_ = now_ms;
  taken_ = 0;
  return slow;
}

}  // namespace navistore::http
