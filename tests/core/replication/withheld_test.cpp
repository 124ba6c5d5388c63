// SPDX-License-Identifier: Apache-2.0
#include "core/replication/withheld.hpp"

#include <doctest/doctest.h>

using navistore::replication::Withheld;

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("withheld: counts from the commit of the oldest change that the peer lacks") {
  Withheld withheld;
  CHECK_FALSE(withheld.since_ms(0));
  withheld.committed(5, 1'000);
  withheld.committed(6, 13'000);
  withheld.committed(7, 20'000);
  CHECK(withheld.since_ms(4) == 1'000);
  CHECK(withheld.since_ms(5) == 13'000);
  CHECK(withheld.since_ms(6) == 20'000);
  CHECK_FALSE(withheld.since_ms(7));
  withheld.acknowledged(7);
  withheld.committed(8, 90'000);
  CHECK(withheld.since_ms(7) == 90'000);
  withheld.committed(8, 95'000);  // told again
  CHECK(withheld.since_ms(7) == 90'000);
}

TEST_CASE("withheld: what is sent anew is lacked since something was, or since now") {
  Withheld withheld;
  withheld.begin_again(10, 1'000);
  CHECK(withheld.since_ms(0) == 1'000);
  withheld.began_at(400);
  withheld.committed(11, 1'001);
  CHECK(withheld.since_ms(9) == 400);
  CHECK(withheld.since_ms(10) == 1'001);
  withheld.begin_again(11, 2'000);
  CHECK(withheld.since_ms(0) == 400);
  CHECK(withheld.since_ms(10) == 400);
  withheld.acknowledged(11);
  withheld.begin_again(11, 3'000);
  CHECK(withheld.since_ms(0) == 3'000);
}

TEST_CASE("withheld: of hours of writes the time is known as well as it matters") {
  Withheld withheld;
  constexpr uint64_t kStepMs = 3;
  constexpr uint64_t kCommits = 2'000'000;  // 100 minutes
  const uint64_t now_ms = kCommits * kStepMs;
  for (uint64_t i = 1; i <= kCommits; ++i) withheld.committed(i, i * kStepMs);
  uint64_t wrong = 0;
  for (uint64_t cursor = 0; cursor < kCommits; cursor += 997) {
    const uint64_t true_ms = (cursor + 1) * kStepMs;
    const uint64_t told_ms = withheld.since_ms(cursor).value_or(UINT64_MAX);
    const uint64_t most_early = (now_ms - true_ms) / 32 + 10;
    if (told_ms > true_ms || told_ms + most_early < true_ms) ++wrong;
  }
  CHECK(wrong == 0);
  withheld.committed(kCommits + 1, 0);  // a clock that was set back
  CHECK(withheld.since_ms(kCommits).value_or(UINT64_MAX) <= now_ms);
}

TEST_SUITE_END();
