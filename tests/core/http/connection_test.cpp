// SPDX-License-Identifier: Apache-2.0
// One conversation step by step, to the byte and to the millisecond.
#include "core/http/connection.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/core/http/conversation.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string kLater = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

std::string put(const std::string &path, size_t length, const std::string &body) {
  return "PUT " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n" + body;
}

std::string body_of(const std::string &answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

// A bench whose time begins late enough that nothing is at 0.
struct Clocked : Bench {
  explicit Clocked(const ServerOptions &server_options) : Bench(server_options) { at(0); }
  // Milliseconds from its beginning.
  void at(int64_t ms) { workspace.now_ms = kBeginning + ms; }

  static constexpr int64_t kBeginning = 1'000'000;
};

ServerOptions idle_for_a_second() {
  ServerOptions options;
  options.idle_timeout = 1'000ms;
  return options;
}

// The last millisecond at which a tick leaves the connection alone, counted from the beginning of
// the bench.
int64_t left_alone_until(Clocked &bench, Conversation &client) {
  constexpr int64_t kEnd = 100'000;
  const int64_t before = bench.workspace.now_ms - Clocked::kBeginning;
  for (int64_t ms = before; ms < kEnd; ++ms) {
    bench.at(ms);
    if (client.connection().tick() == Connection::Expiry::kClose) return ms - 1;
  }
  return kEnd;
}

}  // namespace

TEST_SUITE("core/http/connection") {
  TEST_CASE("connection: a request is of who sent it, also where others spoke amid its body") {
    Bench bench;
    Conversation near(bench, Origin::kLoopback);
    Conversation far(bench, Origin::kRemote);
    const std::string get = "GET /origin HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(body_of(near.say(get).hear()) == "loopback");
    CHECK(body_of(far.say(get).hear()) == "remote");
    near.say(put("/origin", 4, "ab"));
    far.say(put("/origin", 4, "ab"));
    CHECK(body_of(near.say("cd").hear()) == "loopback");
    CHECK(body_of(far.say("cd").hear()) == "remote");
    far.say(put("/origin", 4, "ab"));
    near.say(put("/origin", 4, "ab"));
    CHECK(body_of(far.say("cd").hear()) == "remote");
    CHECK(body_of(near.say("cd").hear()) == "loopback");
  }

  TEST_CASE("idle: the time counts from the beginning, then from the last byte that went out") {
    Clocked bench(idle_for_a_second());
    Conversation silent(bench);
    CHECK(left_alone_until(bench, silent) == 1'000);
    bench.at(0);
    Conversation client(bench);
    bench.at(100);
    client.say(kGet);
    bench.at(300);
    CHECK(client.hear(5) == kHello.substr(0, 5));
    bench.at(700);
    CHECK(client.hear() == kHello.substr(5));
    CHECK(left_alone_until(bench, client) == 1'700);
  }
  TEST_CASE("idle: a client that half-closed is left alone for as long as one that went silent") {
    Clocked bench(idle_for_a_second());
    Conversation waiting(bench);
    Conversation ended(bench);
    waiting.say(kLater);
    ended.say(kLater);
    const auto one = bench.handler.take_responder();
    const auto other = bench.handler.take_responder();
    bench.at(600);
    ended.connection().receive_end();
    CHECK(left_alone_until(bench, ended) == 1'600);
    CHECK(left_alone_until(bench, waiting) == 100'000);  // it may still go on
  }

  TEST_CASE("idle: a stream to a half-closed client counts from the last byte that went out") {
    Clocked bench(ServerOptions{});
    Conversation client(bench);
    client.say(kLater);
    const auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    client.connection().receive_end();
    bench.at(1'500);
    stream->write("part");
    client.deliver();
    CHECK(client.connection().tick() == Connection::Expiry::kNothing);
    bench.at(1'900);
    CHECK(client.hear() == "4\r\npart\r\n");
    CHECK(left_alone_until(bench, client) == 3'900);
  }

  TEST_CASE("idle: what is under way has a time of its own, and no other one") {
    ServerOptions options = idle_for_a_second();
    options.head_timeout = 2'000ms;
    options.body_timeout = 3'000ms;
    options.write_timeout = 4'000ms;
    Clocked bench(options);
    Conversation head(bench);
    Conversation body(bench);
    Conversation answer(bench);
    const auto last_quiet = [&](Conversation &client) {
      int64_t ms = 0;
      for (bench.at(ms); client.connection().tick() == Connection::Expiry::kNothing; bench.at(ms)) {
        ++ms;
      }
      return ms - 1;
    };
    head.say("GET /hello HTTP/1.1\r\nX: ");
    body.say(put("/echo", 4, "abc"));
    answer.say(kGet);
    CHECK(last_quiet(head) == 2'000);
    CHECK(last_quiet(body) == 3'000);
    CHECK(last_quiet(answer) == 4'000);
    CHECK(head.hear().find("HTTP/1.1 408 ") == 0);
    CHECK(body.hear().find("HTTP/1.1 408 ") == 0);
  }

  TEST_CASE("stream: its writer is called each time when less than the low mark is left") {
    ServerOptions options;
    options.output_high_bytes = 1'000;
    options.output_low_bytes = 300;
    Bench bench(options);
    Conversation client(bench);
    client.say(kLater);
    const auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    int ready = 0;
    stream->on_ready([&] { ++ready; });
    for (int times = 0; times < 2; ++times) {
      CHECK(stream->write(std::string(1'000, 'x')) == Stream::State::kOpen);
      client.deliver();
      CHECK(stream->write("y") == Stream::State::kFull);
      client.deliver();
      client.hear(stream->queued_bytes() - 300);
      CHECK(ready == times);
      CHECK(stream->state() == Stream::State::kFull);
      client.hear(1);
      CHECK(ready == times + 1);
      CHECK(stream->state() == Stream::State::kOpen);
      client.hear();
      CHECK(ready == times + 1);
    }
  }

  TEST_CASE("stream: what is on its way to the worker counts, too, before its writer is called") {
    ServerOptions options;
    options.output_high_bytes = 1'000;
    options.output_low_bytes = 300;
    Bench bench(options);
    Conversation client(bench);
    client.say(kLater);
    const auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    int ready = 0;
    stream->on_ready([&] { ++ready; });
    stream->write(std::string(800, 'x'));
    client.deliver();
    CHECK(stream->write(std::string(300, 'y')) == Stream::State::kFull);
    client.hear(std::string::npos);
    CHECK(stream->queued_bytes() == 300);
    CHECK(ready == 0);
    client.hear();
    CHECK(ready == 1);
  }

  TEST_CASE("output: requests that wait for room go on when no more than the low mark is left") {
    ServerOptions options;
    options.output_high_bytes = 1'000;
    options.output_low_bytes = 300;
    Bench bench(options);
    Conversation client(bench);
    client.say("GET /big?2000 HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
    CHECK(bench.workspace.counters.requests.get() == 1);
    client.hear(client.connection().output().bytes() - 301);
    CHECK(bench.workspace.counters.requests.get() == 1);
    client.hear(1);
    CHECK(bench.workspace.counters.requests.get() == 2);
  }
}
