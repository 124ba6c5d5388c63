// SPDX-License-Identifier: Apache-2.0
// Whether a client takes its answers, judged by what it acknowledged: a kernel's buffer takes
// megabytes for a client that takes nothing, and asks for more only once a third of it is empty.
#pragma once

#include <cstdint>

#include "core/http/server.hpp"

namespace navistore::http {

// A connection's output below the engine. Bytes of TLS records where there are such.
struct Wire {
  uint64_t sent = 0;            // ever
  uint64_t unacknowledged = 0;  // of them
};

class Delivery {
 public:
  // Something was sent, which wants to be acknowledged.
  void begin() { pending_ = true; }
  bool pending() const { return pending_; }

  // To be called at every tick while pending, or while output waits to be sent (queued bytes).
  // True: the client took nothing for write_timeout, or less than min_write_rate over one in which
  // output waited all the time. Each period is judged anew, so that a fast start buys no patience.
  bool too_slow(int64_t now_ms, const Wire &wire, uint64_t queued, const ServerOptions &options);

 private:
  bool below_rate(int64_t now_ms, const ServerOptions &options);

  int64_t balance_ = 0;           // sent and acknowledged, at the last tick
  int64_t stuck_since_ms_ = 0;    // since when the client takes nothing; 0: it does
  int64_t backlog_since_ms_ = 0;  // start of the period in which taken_ counts; 0: no output waits
  uint64_t taken_ = 0;            // bytes
  bool pending_ = false;
};

}  // namespace navistore::http
