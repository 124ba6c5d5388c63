// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <thread>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

TEST_SUITE("core/http/server") {
  TEST_CASE("server: answers, and keeps the connection") {
    TestServer server;
    RawClient client = server.connect();
    for (int i = 0; i < 3; ++i) {
      client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
      CHECK(without_date(client.receive_answer()) ==
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
    CHECK(server.counters().requests == 3);
    CHECK(server.counters().connections == 1);
  }

  TEST_CASE("server: the date is that of the answer, also on a connection that is kept") {
    TestServer server;
    RawClient client = server.connect();
    const auto asked_at = [&] {
      const std::string answer =
          client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").receive_answer();
      std::tm parts{};
      ::strptime(answer.c_str() + answer.find("Date: "), "Date: %a, %d %b %Y %H:%M:%S GMT", &parts);
      return ::timegm(&parts);
    };
    const std::time_t first = asked_at();
    CHECK(std::abs(first - std::time(nullptr)) <= 2);
    CHECK(becomes_true([&] { return asked_at() > first; }));
    CHECK(std::abs(asked_at() - std::time(nullptr)) <= 2);
  }

  TEST_CASE("server: a body in one piece and in many is the same body") {
    TestServer server;
    const std::string request = "PUT /echo?q HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    const std::string expected = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\nPUT /echo?q [body]";
    CHECK(server.ask(request) == expected);
    RawClient client = server.connect();
    for (const char c : request) client.send({&c, 1});
    CHECK(without_date(client.receive_answer()) == expected);
  }

  TEST_CASE("server: pipelined requests are answered in order, also by other threads") {
    TestServer server;
    RawClient client = server.connect();
    client.send(
        "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto first = server.handler.take_responder();
    const auto third = server.handler.take_responder();
    std::thread([&] { third->send(make_response(200, "third")); }).join();
    std::thread([&] { first->send(make_response(200, "first")); }).join();
    CHECK(client.receive_answer().find("first") != std::string::npos);
    CHECK(client.receive_answer().find("hello") != std::string::npos);
    CHECK(client.receive_answer().find("third") != std::string::npos);
  }

  TEST_CASE("server: a responder that is dropped answers 500") {
    TestServer server;
    RawClient client = server.connect();
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    server.handler.take_responder().reset();
    CHECK(statuses(client.receive_answer()) == "500");
  }

  TEST_CASE("drain: running requests are finished, idle connections closed, new ones refused") {
    TestServer server;
    RawClient idle = server.connect();
    RawClient busy = server.connect();
    busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto responder = server.handler.take_responder();
    bool clean = false;
    std::thread drainer([&] { clean = server.server->drain(kPatience); });
    CHECK(idle.receive_all().empty());
    responder->send(make_response(200, "done"));
    CHECK(without_date(busy.receive_all()) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone");
    drainer.join();
    CHECK(clean);
    CHECK_THROWS(server.connect());
  }
}
