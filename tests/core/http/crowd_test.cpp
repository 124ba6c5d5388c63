// SPDX-License-Identifier: Apache-2.0
// Thousands of clients at once, and more than there are descriptors for.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/http/crowd.hpp"
#include "tests/core/http/resources.hpp"
#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const size_t kAnswer = std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").size() +
                       std::string("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n").size();

bool open_connections_are(const TestServer &server, size_t count) {
  return becomes_true([&] { return server.counters().connections == count; });
}

// Half a second costs next to no CPU time, then another client is served.
void check_quiet(const TestServer &server) {
  RawClient other = server.connect();
  const auto before = cpu_time();
  CHECK_FALSE(other.wait_readable(500ms));
  CHECK(cpu_time() - before < 100ms);
  CHECK(statuses(other.send(kGet).receive_answer()) == "200");
}

ServerOptions workers(unsigned count) {
  ServerOptions options;
  options.threads = count;
  return options;
}

}  // namespace

TEST_SUITE("core/http/crowd") {
  TEST_CASE("idle: 10,000 served connections take less than 100 MB and no CPU, and come back") {
    constexpr size_t kClients = 10'000;
    if (!allow_descriptors(kClients + 100)) {
      MESSAGE("skipped: the hard limit of descriptors is too low for 10,000 connections");
      return;
    }
    Crowd crowd;
    const TestServer server(workers(2));
    const size_t descriptors = open_descriptors();
    size_t first_round = 0;
    for (int round = 0; round < 2; ++round) {
      REQUIRE(crowd.connect(server.address(), kClients) == kClients);
      crowd.send(kGet);
      CHECK(crowd.receive(kAnswer) == kClients);
      CHECK(open_connections_are(server, kClients));
      CHECK(resident_bytes() < size_t{100} * 1000 * 1000 + kMemorySlack);
      check_quiet(server);
      CHECK(crowd.leave() == kClients);
      REQUIRE(open_connections_are(server, 0));
      CHECK(becomes_true([&] { return open_descriptors() == descriptors; }));
      if (round == 0) first_round = resident_bytes();
    }
    CHECK(resident_bytes() < first_round + kMemorySlack);
  }

  TEST_CASE("descriptors: with none left several workers neither spin nor forget those who wait") {
    constexpr size_t kClients = 200;
    constexpr size_t kRoom = 10;
    constexpr size_t kWorkers = 4;
    Crowd crowd;
    const TestServer server(workers(kWorkers));
    RawClient known = server.connect();
    CHECK(statuses(known.send(kGet).receive_answer()) == "200");
    for (int round = 0; round < 3; ++round) {
      const FewDescriptors few(kRoom);
      const auto before = cpu_time();
      REQUIRE(crowd.connect(server.address(), kClients) == kClients);
      crowd.send(kGet);
      const size_t served = crowd.receive(kAnswer);  // the others were turned away
      // While one worker turns clients away, each of the others does, even if it got a descriptor.
      CHECK(served > kRoom - kWorkers);
      CHECK(served < kClients);
      CHECK(statuses(known.send(kGet).receive_answer()) == "200");
      CHECK_FALSE(known.wait_readable(500ms));
      CHECK(cpu_time() - before < 250ms);
      CHECK(crowd.leave() == kClients);
      CHECK(open_connections_are(server, 1));
    }
    CHECK(server.counters().refused_connections > 0);
    CHECK(statuses(server.ask(kGet)) == "200");
  }
}
