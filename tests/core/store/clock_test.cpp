// SPDX-License-Identifier: Apache-2.0
#include "core/store/clock.hpp"

#include <doctest/doctest.h>

#include <string>

namespace navistore::store {
namespace {

std::string text(const Stamp &stamp) {
  return std::to_string(stamp.ms) + "." + std::to_string(stamp.counter) + "@" +
         std::to_string(stamp.node);
}

}  // namespace

TEST_SUITE("core/store/clock") {
  TEST_CASE("clock: stamps follow the wall clock and never go back with it") {
    Clock clock;
    clock.start(9, 0);
    CHECK(text(clock.next(1'000)) == "1000.0@9");
    CHECK(text(clock.next(1'000)) == "1000.1@9");
    CHECK(text(clock.next(900)) == "1000.2@9");
    CHECK(text(clock.next(1'001)) == "1001.0@9");
  }

  TEST_CASE("clock: after a restart with an earlier wall clock no stamp is repeated") {
    Clock clock;
    clock.start(9, 50'000);
    CHECK(text(clock.next(1'000)) == "50001.0@9");
    CHECK(text(clock.next(1'000)) == "50001.1@9");
  }

  TEST_CASE("clock: no stamp passes the bound that is kept ahead") {
    Clock clock;
    clock.start(9, 0);
    CHECK_FALSE(clock.covers(1'000));
    const uint64_t bound = clock.keep_ahead(1'000);
    CHECK(bound == 11'000);
    clock.kept(bound);
    CHECK(clock.covers(10'999));
    CHECK_FALSE(clock.covers(11'000));
    CHECK(text(clock.next(10'999)) == "10999.0@9");
    CHECK(clock.covers(5'000));
  }

  TEST_CASE("clock: it passes the stamps of others that it saw") {
    Clock clock;
    clock.start(9, 0);
    clock.next(1'000);
    clock.observe({2'000, 5, 4});
    CHECK(text(clock.next(1'500)) == "2000.6@9");
    clock.observe({2'000, 1, 4});
    CHECK(text(clock.next(1'500)) == "2000.7@9");
    clock.observe({3'000, UINT32_MAX, 4});
    CHECK(text(clock.next(1'500)) == "3001.0@9");
  }
}

}  // namespace navistore::store
