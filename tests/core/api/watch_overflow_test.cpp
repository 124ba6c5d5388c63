// SPDX-License-Identifier: Apache-2.0
// A watcher that is too slow is told so, keeps what it had, and can resume.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/api/served.hpp"
#include "tests/support/event_stream.hpp"

using navistore::api::testing::Served;
using navistore::store::testing::memory_backend;
using navistore::test::EventStream;

namespace {

// The number that a put's value begins with; -1: another event.
int number_of(const navistore::test::StreamEvent &event) {
  const size_t value = event.data.find("\"value\":\"");
  return event.name == "put" && value != std::string::npos ? std::stoi(event.data.substr(value + 9))
                                                           : -1;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("watch: a client that does not read overflows alone, and resumes without a gap") {
  constexpr int kWrites = 4'000;  // far more than sockets, output and queue hold
  constexpr int kPace = 200;      // less than a queue holds
  Served served(memory_backend());
  EventStream slow(served.port(), "/v1/watch?prefix=a");
  EventStream other(served.port(), "/v1/watch?prefix=a&include=meta");
  const std::string filler(10'000, 'x');
  for (int i = 0; i < kWrites; ++i) {
    const std::string status =
        served.rig.status("PUT /v1/kv/a\n\n" + std::to_string(i) + " " + filler);
    REQUIRE(status == (i == 0 ? "201" : "200"));
    if (i % kPace != kPace - 1) continue;
    for (int seen = 0; seen < kPace; ++seen) REQUIRE(other.next().value().name == "put");
  }
  int next = 0;
  std::string last;
  while (const auto event = slow.next()) {
    last = event->name;
    if (number_of(*event) == next) ++next;
  }
  CHECK(slow.ended_cleanly());
  CHECK(last == "overflow");
  CHECK(next > 0);
  CHECK(next < kWrites);
  EventStream resumed(served.port(), "/v1/watch?prefix=a", {"Last-Event-ID: " + slow.last_id()});
  while (next < kWrites) {
    const auto event = resumed.next();
    REQUIRE(event);
    REQUIRE(number_of(*event) == next);
    ++next;
  }
}

TEST_SUITE_END();
