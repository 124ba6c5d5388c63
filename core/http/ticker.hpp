// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/descriptor.hpp"
#include "core/http/socket.hpp"

namespace navistore::http {

// A descriptor that is readable every 250 ms: how soon a timeout is noticed.
class Ticker {
 public:
  Ticker();  // throws std::system_error when no descriptor is left
  int descriptor() const { return timer_.get(); }
  void acknowledge() const;

 private:
  Descriptor timer_;
};

int64_t monotonic_ms();  // coarse: to about 4 ms

}  // namespace navistore::http
