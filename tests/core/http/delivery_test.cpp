// SPDX-License-Identifier: Apache-2.0
// When a client is too slow, tick by tick.
#include "core/http/delivery.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using navistore::http::Delivery;
using navistore::http::ServerOptions;

namespace {

struct Tick {
  int64_t now_ms;
  uint64_t sent;
  uint64_t unacknowledged;
  uint64_t queued;
};

// "..x": not too slow twice, then too slow.
std::string verdicts(const std::vector<Tick> &ticks) {
  ServerOptions options;
  options.write_timeout = std::chrono::milliseconds(1000);
  options.min_write_rate = 100;  // bytes a second
  Delivery delivery;
  std::string all;
  for (const Tick &tick : ticks) {
    const bool slow =
        delivery.too_slow(tick.now_ms, {tick.sent, tick.unacknowledged}, tick.queued, options);
    all += slow ? 'x' : '.';
  }
  return all;
}

}  // namespace

TEST_SUITE("core/http/delivery") {
  TEST_CASE("delivery: who acknowledges nothing is cut after the timeout, not at it") {
    CHECK(verdicts({{1, 50, 50, 0}, {1001, 50, 50, 0}, {1002, 50, 50, 0}}) == "..x");
  }

  TEST_CASE("delivery: any progress begins the patience anew") {
    CHECK(verdicts({{1, 50, 50, 0}, {1001, 50, 49, 0}, {2001, 50, 49, 0}, {2002, 50, 49, 0}}) ==
          "...x");
  }

  TEST_CASE("delivery: who took all has the whole patience for the next answer") {
    CHECK(verdicts({{1, 50, 50, 0}, {2, 50, 0, 0}, {5000, 90, 40, 0}, {6000, 90, 40, 0}}) ==
          "....");
    CHECK(verdicts({{1, 50, 50, 0}, {2, 50, 0, 0}, {5000, 90, 40, 0}, {6001, 90, 40, 0}}) ==
          "...x");
  }

  TEST_CASE("delivery: while output waits, each period must reach the rate by itself") {
    // 101 bytes in 1001 ms, then 100.
    CHECK(verdicts({{1, 500, 500, 9}, {1002, 500, 400, 9}, {2003, 500, 300, 9}}) == "...");
    CHECK(verdicts({{1, 500, 500, 9}, {1002, 500, 401, 9}}) == ".x");
    CHECK(verdicts({{1, 500, 500, 9}, {1002, 500, 0, 9}, {2003, 599, 0, 9}}) == "..x");
  }

  TEST_CASE("delivery: what the kernel adds to what waits is not held against the client") {
    CHECK(verdicts({{1, 500, 500, 9}, {500, 500, 600, 9}, {1002, 500, 401, 9}}) == "...");
  }

  TEST_CASE("delivery: a period in which nothing waited for a moment is not judged") {
    CHECK(verdicts(
              {{1, 500, 500, 9}, {900, 500, 499, 0}, {1002, 500, 498, 9}, {1900, 500, 497, 9}}) ==
          "....");
  }
}
