// SPDX-License-Identifier: Apache-2.0
#include "core/http/ticker.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace navistore::http {
namespace {

constexpr long kPeriodNs = 250'000'000;

}  // namespace

Ticker::Ticker() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  const itimerspec period{{0, kPeriodNs}, {0, kPeriodNs}};
  if (!timer_.valid() || ::timerfd_settime(timer_.get(), 0, &period, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "timerfd");
  }
}

void Ticker::acknowledge() const {
  uint64_t expirations = 0;
  [[maybe_unused]] const ssize_t size =
      ::read(timer_.get(), &expirations, sizeof expirations);  // how many does not matter
}

int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace navistore::http
