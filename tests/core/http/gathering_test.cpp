// SPDX-License-Identifier: Apache-2.0
// The budget of all request bodies that are being gathered: at it, one past it, and given back.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/http/body_budget.hpp"
#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

constexpr size_t kBudget = 100'000;
const std::string kChunked = "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kOverloaded =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\nConnection: close\r\n\r\noverloaded";

std::string head_of(size_t length, const std::string &fields = "") {
  return "PUT /echo HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

std::string bytes(size_t count) { return std::string(count, 'b'); }

ServerOptions with_budget(size_t budget) {
  ServerOptions options;
  options.max_gathered_bytes = budget;
  return options;
}

// A server whose budget is taken but for 40,000 bytes, by a body that has not ended.
struct Crowded {
  explicit Crowded(ServerOptions options = with_budget(kBudget)) : server(std::move(options)) {
    other.send(head_of(60'001) + bytes(60'000));
    REQUIRE(holds(60'000));
  }
  bool holds(uint64_t gathered) const {
    return becomes_true([&] { return server.counters().gathered_bytes == gathered; });
  }

  TestServer server;
  RawClient other = server.connect();
};

}  // namespace

TEST_SUITE("core/http/gathering") {
  TEST_CASE("gathering: a declared body that fits the budget is taken, a larger one is refused") {
    Crowded crowd;
    RawClient fits = crowd.server.connect();
    fits.send(head_of(40'000)).send(bytes(39'999));
    CHECK(crowd.holds(99'999));
    CHECK(statuses(fits.send("b").receive_answer()) == "200");
    CHECK(crowd.holds(60'000));
    CHECK(crowd.server.counters().refused_bodies == 0);
    RawClient too_large = crowd.server.connect();
    too_large.send(head_of(40'001, "Expect: 100-continue\r\n"));
    CHECK(without_date(too_large.receive_answer()) == kOverloaded);
    too_large.send(bytes(40'001)).half_close();
    CHECK(too_large.receive_all().empty());
    CHECK(crowd.server.counters().refused_bodies == 1);
    CHECK(crowd.server.counters().gathered_bytes == 60'000);
    CHECK(statuses(crowd.other.send("b").receive_answer()) == "200");
    CHECK(crowd.holds(0));
  }

  TEST_CASE("gathering: a chunked body is refused by the byte that passes the budget") {
    Crowded crowd;
    RawClient client = crowd.server.connect();
    client.send(kChunked + "9c40\r\n" + bytes(40'000) + "\r\n");  // 40,000
    CHECK(crowd.holds(kBudget));
    client.send("1\r\nb");
    CHECK(without_date(client.receive_answer()) == kOverloaded);
    CHECK(crowd.holds(60'000));
    CHECK(crowd.server.counters().refused_bodies == 1);
  }

  TEST_CASE(
      "gathering: of bodies that fit one by one but not together, the last to grow is refused") {
    Crowded crowd;
    RawClient first = crowd.server.connect();
    first.send(head_of(40'000) + bytes(30'000));
    CHECK(crowd.holds(90'000));
    CHECK(statuses(crowd.other.send("b").receive_answer()) == "200");
    CHECK(crowd.holds(30'000));
    RawClient second = crowd.server.connect();
    second.send(head_of(70'000) + bytes(69'999));
    CHECK(crowd.holds(99'999));
    first.send(bytes(2));
    CHECK(without_date(first.receive_answer()) == kOverloaded);
    CHECK(crowd.holds(69'999));
    CHECK(statuses(second.send("b").receive_answer()) == "200");
    CHECK(crowd.holds(0));
  }

  TEST_CASE("gathering: what needs no gathering has no part in the budget") {
    Crowded crowd;
    RawClient full = crowd.server.connect();
    full.send(head_of(40'000) + bytes(39'999));
    CHECK(crowd.holds(99'999));
    CHECK(statuses(crowd.server.ask(head_of(1000) + bytes(1000))) == "200");  // with its head
    CHECK(statuses(crowd.server.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")) == "200");
    RawClient streamed = crowd.server.connect();
    streamed.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    CHECK(statuses(streamed.send(bytes(200'000)).receive_answer()) == "200");
    CHECK(crowd.server.counters().gathered_bytes == 99'999);
    CHECK(crowd.server.counters().refused_bodies == 0);
  }

  TEST_CASE("gathering: beside another body none that is larger than the whole budget has room") {
    BodyBudget budget(1000);
    CHECK(budget.has_room(5000));  // it would be alone
    BodyBudget::Share other(budget);
    REQUIRE(other.take(1));
    CHECK(budget.has_room(999));
    CHECK_FALSE(budget.has_room(1000));
    CHECK_FALSE(budget.has_room(1001));
    CHECK_FALSE(budget.has_room(5000));
  }

  TEST_CASE("gathering: a body that is alone comes whatever its size, and then nobody else") {
    const TestServer server(with_budget(1000));
    RawClient alone = server.connect();
    alone.send(head_of(2000)).send(bytes(1999));
    CHECK(becomes_true([&] { return server.counters().gathered_bytes == 1999; }));
    CHECK(without_date(server.connect().send(head_of(1)).receive_answer()) == kOverloaded);
    CHECK(statuses(server.ask(kChunked + "1\r\nb\r\n0\r\n\r\n")) == "503");
    CHECK(statuses(alone.send("b").receive_answer()) == "200");
    RawClient chunked = server.connect();
    chunked.send(kChunked + "7d0\r\n" + bytes(2000) + "\r\n");  // 2000
    CHECK(becomes_true([&] { return server.counters().gathered_bytes == 2000; }));
    CHECK(statuses(chunked.send("0\r\n\r\n").receive_answer()) == "200");
  }

  TEST_CASE("gathering: the budget comes back however a body ends") {
    struct Ending {
      std::string what;
      std::string sent;  // 1000 bytes of a body, which is then not at its end
      std::function<void(RawClient &)> end;
      std::string answer;
    };
    const std::string chunk = "3e8\r\n" + bytes(1000) + "\r\n";
    const auto say = [](const std::string &text) {
      return [text](RawClient &client) { client.send(text); };
    };
    const Ending endings[] = {
        {"whole", head_of(1001) + bytes(1000), say("b"), "200"},
        {"whole, chunked", kChunked + chunk, say("0\r\n\r\n"), "200"},
        {"malformed", kChunked + chunk, say("z\r\n"), "400"},
        {"too large", kChunked + chunk, say("fffffff\r\n" + bytes(kMaxBody)), "413"},
        {"the handler throws",
         "PUT /throw HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" + bytes(1000), say("b"),
         "500"},
        {"half-closed", head_of(1001) + bytes(1000), [](RawClient &c) { c.half_close(); }, ""},
        {"reset", head_of(1001) + bytes(1000), [](RawClient &c) { c.reset(); }, ""},
    };
    const TestServer server;
    for (const Ending &ending : endings) {
      CAPTURE(ending.what);
      RawClient client = server.connect();
      client.send(ending.sent);
      CHECK(becomes_true([&] { return server.counters().gathered_bytes == 1000; }));
      ending.end(client);
      if (!ending.answer.empty()) CHECK(statuses(client.receive_answer()) == ending.answer);
      CHECK(becomes_true([&] { return server.counters().gathered_bytes == 0; }));
    }
  }

  TEST_CASE("gathering: a body that stops gives its part back when it is 408") {
    ServerOptions options;
    options.body_timeout = 100ms;
    const TestServer server(options);
    RawClient client = server.connect();
    client.send(head_of(1001) + bytes(1000));
    CHECK(becomes_true([&] { return server.counters().gathered_bytes == 1000; }));
    CHECK(statuses(client.receive_answer()) == "408");
    CHECK(becomes_true([&] { return server.counters().gathered_bytes == 0; }));
  }

  TEST_CASE(
      "gathering: as it is by itself, 64 clients may send 1 MiB at once, and 128 may not more") {
    constexpr size_t kValue = 1024 * 1024;
    ServerOptions options;
    options.body_timeout = kPatience;  // all of them wait for the last one
    const TestServer server(options);
    std::vector<RawClient> clients;
    const auto send = [&](size_t body, size_t all) {
      clients.push_back(server.connect());
      clients.back().send(head_of(body + 1) + bytes(body));
      return becomes_true([&] { return server.counters().gathered_bytes == all; });
    };
    for (size_t i = 1; i <= 64; ++i) REQUIRE(send(kValue - 1, i * (kValue - 1)));
    for (RawClient &client : clients) CHECK(statuses(client.send("b").receive_answer()) == "200");
    clients.clear();
    for (size_t i = 1; i <= 32; ++i) REQUIRE(send(4 * kValue - 1, i * (4 * kValue - 1)));
    CHECK(statuses(server.connect().send(head_of(33)).receive_answer()) == "503");
    CHECK(statuses(server.connect().send(head_of(32) + "b").send(bytes(31)).receive_answer()) ==
          "200");
  }
}
