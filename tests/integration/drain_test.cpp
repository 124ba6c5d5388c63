// SPDX-License-Identifier: Apache-2.0
// What SIGTERM does to clients that are there.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "tests/core/http/raw_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::http::testing::becomes_true;
using navistore::http::testing::RawClient;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;
using Clock = std::chrono::steady_clock;

namespace {

// The suite's verdict matters elsewhere.
std::vector<std::string> unproven(const ScratchDir &dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(),
                   {"--data-dir", dir / "data", "--backend", "memory", "--conformance", "skip"});
  return arguments;
}

std::string address_of(const ServerProcess &server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

bool refuses(const std::string &address) {
  try {
    const RawClient client(address);
    return false;
  } catch (const std::exception &) {
    return true;
  }
}

// A client in the middle of a body; the server waits for the rest.
RawClient uploading(const std::string &address) {
  RawClient client(address);
  client.send(
      "PUT /v1/kv/late HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.receive_through("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  return client;
}

}  // namespace

TEST_SUITE("integration/drain") {
  TEST_CASE("SIGTERM: no new clients, idle ones are closed, and /readyz is 503 to those who stay") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir, {}));
    RawClient idle(address_of(server));
    CHECK(idle.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").receive_answer().find("200") == 9);
    RawClient asking(address_of(server));
    asking.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\n");
    CHECK(asking.receive_answer().find("200") == 9);
    server.signal(SIGTERM);
    CHECK(idle.receive_all().empty());
    CHECK(becomes_true([&] { return refuses(address_of(server)); }));
    const std::string answer = asking.send("Host: x\r\n\r\n").receive_all();
    CHECK_MESSAGE(answer.find("HTTP/1.1 503 ") == 0, answer);
    CHECK_MESSAGE(answer.find("\r\nConnection: close\r\n") != std::string::npos, answer);
    CHECK_MESSAGE(answer.find("draining") != std::string::npos, answer);
    CHECK(server.wait() == 0);
  }

  TEST_CASE("SIGTERM: what runs at the drain limit is cut") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir, {"--drain-limit", "1"}));
    RawClient client = uploading(address_of(server));
    const auto begin = Clock::now();
    server.signal(SIGTERM);
    CHECK(client.receive_all().find("HTTP") == std::string::npos);
    const auto lasted = Clock::now() - begin;
    CHECK(lasted >= std::chrono::milliseconds(900));
    CHECK(lasted < std::chrono::seconds(8));  // the default is 10
    CHECK(server.wait() == 0);
  }

  TEST_CASE("SIGTERM: a write that waits for a peer is answered at once, as it is committed") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir, {"--drain-limit", "60"}));
    RawClient peers(address_of(server));
    const std::string list = R"([{"id":"nobody","url":"http://127.0.0.1:1"}])";
    peers.send("PUT /v1/replication/peers HTTP/1.1\r\nHost: x\r\nContent-Length: " +
               std::to_string(list.size()) + "\r\n\r\n" + list);
    REQUIRE(peers.receive_answer().find("200") == 9);
    RawClient client(address_of(server));
    client.send(
        "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nPrefer: replicate=all, wait=600\r\n"
        "Content-Length: 1\r\n\r\nv");
    CHECK(becomes_true([&] {
      peers.send("GET /v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\n");
      return peers.receive_answer().find("200") == 9;
    }));
    const auto begin = Clock::now();
    server.signal(SIGTERM);
    const std::string answer = client.receive_all();
    CHECK_MESSAGE(answer.find("HTTP/1.1 201 ") == 0, answer);
    CHECK_MESSAGE(answer.find("\r\nNavi-Replicated: 0/1\r\n") != std::string::npos, answer);
    CHECK(server.wait() == 0);
    CHECK(Clock::now() - begin < std::chrono::seconds(30));
  }

  TEST_CASE("SIGTERM: a second one ends the server at once with status 1") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir, {"--drain-limit", "3600"}));
    const RawClient client = uploading(address_of(server));
    server.signal(SIGTERM);
    CHECK(becomes_true([&] { return refuses(address_of(server)); }));
    server.signal(SIGTERM);
    CHECK(server.wait() == 1);
  }
}
