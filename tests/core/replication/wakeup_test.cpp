// SPDX-License-Identifier: Apache-2.0
#include "core/replication/wakeup.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using navistore::replication::Wakeup;

namespace {

constexpr std::chrono::milliseconds kShort{50};
constexpr std::chrono::seconds kLong{600};

// Whether it took as long as it may; what ends earlier ends at once.
template <class Wait>
bool lasts(const Wait &wait) {
  const auto deadline = Wakeup::Clock::now() + kShort;
  wait(deadline);
  return Wakeup::Clock::now() >= deadline;
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("wakeup: what is new ends one wait and no pause, an order ends one of each") {
  Wakeup wakeup;
  const auto waits = [&] { return lasts([&](auto until) { wakeup.wait(until); }); };
  const auto pauses = [&] { return lasts([&](auto until) { wakeup.pause(until); }); };
  wakeup.wake();
  CHECK(pauses());
  wakeup.wait(Wakeup::Clock::now() + kLong);
  CHECK(waits());
  wakeup.hurry();
  wakeup.pause(Wakeup::Clock::now() + kLong);
  wakeup.wait(Wakeup::Clock::now() + kLong);
  CHECK(pauses());
  CHECK(waits());
}

TEST_CASE("wakeup: the end ends every wait and pause, those at hand too") {
  Wakeup wakeup;
  std::thread waiting([&] { wakeup.wait(Wakeup::Clock::time_point::max()); });
  std::thread pausing([&] { wakeup.pause(Wakeup::Clock::now() + kLong); });
  CHECK_FALSE(wakeup.stopped());
  wakeup.stop();
  waiting.join();
  pausing.join();
  wakeup.wait(Wakeup::Clock::time_point::max());
  wakeup.pause(Wakeup::Clock::now() + kLong);
  CHECK(wakeup.stopped());
}

TEST_SUITE_END();
