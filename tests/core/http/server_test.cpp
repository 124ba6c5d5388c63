// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// The scheduling policy of each thread of this process that is called `name`.
std::vector<int> policies_of(const std::string &name) {
  std::vector<int> policies;
  for (const auto &thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string called;
    std::ifstream(thread.path() / "comm") >> called;
    if (called != name) continue;
    policies.push_back(::sched_getscheduler(std::stoi(thread.path().filename().string())));
  }
  return policies;
}

}  // namespace

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

  TEST_CASE("server: its workers are batch work, the process is not") {
    ServerOptions options;
    options.threads = 3;
    const TestServer server(options);
    CHECK(becomes_true([] { return policies_of("http") == std::vector<int>(3, SCHED_BATCH); }));
    CHECK(::sched_getscheduler(0) == SCHED_OTHER);
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

  TEST_CASE("server: of new connections no worker gets more than half more than another") {
    ServerOptions options;
    options.threads = 4;
    TestServer server(options);
    server.handler.on_upload = [](Exchange &exchange) {
      std::ostringstream worker;
      worker << std::this_thread::get_id();
      exchange.response().body = worker.str();
    };
    std::vector<RawClient> clients;
    std::map<std::string, int> of_worker;
    for (int i = 0; i < 32; ++i) {
      clients.push_back(server.connect());
      clients.back().send("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
      const std::string answer = clients.back().receive_answer();
      ++of_worker[answer.substr(answer.find("\r\n\r\n"))];
    }
    CHECK(of_worker.size() == 4);
    int fewest = 32;
    for (const auto &[worker, connections] : of_worker) fewest = std::min(fewest, connections);
    for (const auto &[worker, connections] : of_worker) CHECK(connections <= fewest * 3 / 2 + 1);
  }

  TEST_CASE("drain: clients that wait to be accepted are served, or closed if they said nothing") {
    ServerOptions options;
    options.threads = 2;
    TestServer server(options);
    std::promise<void> go_on;
    server.handler.on_upload = [&, held = go_on.get_future().share()](Exchange &) { held.wait(); };
    std::vector<RawClient> holding;  // a worker each
    for (int i = 0; i < 2; ++i) {
      holding.push_back(server.connect());
      holding.back().send("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    CHECK(becomes_true([&] { return server.counters().requests == 2; }));
    constexpr int kWaiting = 200;  // more than are accepted at a time
    std::vector<RawClient> asking;
    std::vector<RawClient> silent;
    for (int i = 0; i < kWaiting; ++i) {
      asking.push_back(server.connect());
      asking.back().send(kGet);
      silent.push_back(server.connect());
    }
    bool clean = false;
    std::thread drainer([&] { clean = server.server->drain(kPatience); });
    go_on.set_value();
    int served = 0;
    int closed = 0;
    for (RawClient &client : asking) served += statuses(client.receive_all()) == "200" ? 1 : 0;
    for (RawClient &client : silent) closed += client.receive_all().empty() ? 1 : 0;
    drainer.join();
    CHECK(served == kWaiting);
    CHECK(closed == kWaiting);
    CHECK(clean);
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

  TEST_CASE("drain: what clients are sending is taken to its end, and answered") {
    ServerOptions options;
    options.threads = 1;
    TestServer server(options);
    const std::pair<std::string, std::string> requests[] = {
        {"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab", "cd"},
        {"PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab", "cd"},
        {"GET /hello HTTP/1.1\r\nHos", "t: a\r\n\r\n"},
    };
    std::vector<RawClient> sending;
    size_t sent = 0;
    for (const auto &[begun, rest] : requests) {
      sending.push_back(server.connect());
      sending.back().send(begun);
      sent += begun.size();
    }
    CHECK(becomes_true([&] { return server.counters().bytes_in == sent; }));
    RawClient idle = server.connect();
    CHECK(statuses(idle.send(kGet).receive_answer()) == "200");
    bool clean = false;
    std::thread drainer([&] { clean = server.server->drain(kPatience); });
    CHECK(idle.receive_all().empty());  // the last one: so the worker told the others
    for (size_t i = 0; i < sending.size(); ++i) {
      const std::string answer = sending[i].send(requests[i].second).receive_answer();
      CHECK(statuses(answer) == "200");
      CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
      sending[i].half_close();
    }
    drainer.join();
    CHECK(clean);
  }
}
