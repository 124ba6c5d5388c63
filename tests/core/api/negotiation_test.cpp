// SPDX-License-Identifier: Apache-2.0
#include "core/api/negotiation.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;

TEST_SUITE_BEGIN("core/api");

TEST_CASE("accept: the most specific range decides the weight") {
  struct Row {
    std::string_view accept, type;
    unsigned quality;
  };
  constexpr Row kRows[] = {
      {"", "text/plain", 1000},
      {"*/*", "text/plain", 1000},
      {"text/*", "text/plain", 1000},
      {"text/*", "textual/plain", 0},
      {"TEXT/Plain", "text/plain; charset=utf-8", 1000},
      {"text/html", "text/plain", 0},
      {"text/html, */*;q=0.1", "text/plain", 100},
      {"text/plain;q=0, */*", "text/plain", 0},
      {"text/*;q=0.3,text/plain;q=0.75,*/*;q=0.5", "text/plain", 750},
      {"text/plain;level=1;q=0.5", "text/plain", 500},
      {"text/plain;q=1.000", "text/plain", 1000},
      {"text/plain;q=0.001", "text/plain", 1},
      {"garbage", "text/plain", 0},
      {" , ,text/plain", "text/plain", 1000},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.accept);
    CHECK(quality(row.accept, row.type) == row.quality);
  }
  CHECK_FALSE(named_quality("*/*", "text/plain"));
  CHECK(named_quality("text/plain;q=0.2, */*", "text/plain") == 200U);
}

TEST_CASE("prefer: the wait is found among other preferences, and bounded") {
  struct Row {
    std::string_view prefer;
    int seconds;  // -1: none, -2: a fault
  };
  constexpr Row kRows[] = {
      {"", -1},          {"respond-async", -1},
      {"wait=50", 50},   {"replicate=all, WAIT = 5 ; x=1", 5},
      {"wait=0", 0},     {"wait=1, wait=2", 1},
      {"wait=601", 600}, {"wait=18446744073709551615", 600},
      {"wait", -2},      {"wait=", -2},
      {"wait=-1", -2},   {"wait=1.5", -2},
      {"wait=5s", -2},   {"waiting=5", -1},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.prefer);
    std::optional<std::chrono::seconds> wait;
    const auto fault = parse_wait(row.prefer, wait);
    const int seen = fault ? -2 : wait ? static_cast<int>(wait->count()) : -1;
    CHECK(seen == row.seconds);
  }
}

TEST_SUITE_END();
