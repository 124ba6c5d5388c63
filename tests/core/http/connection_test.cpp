// SPDX-License-Identifier: Apache-2.0
// One conversation step by step, to the byte and to the millisecond.
#include "core/http/connection.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

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

// What a sink was told, as "[data]", "end" and "aborted".
struct Told {
  std::string text;
  bool pauses = false;  // at each part
  std::function<void()> resume;
  std::shared_ptr<Responder> responder;
};

class TellingSink final : public BodySink {
 public:
  explicit TellingSink(Told &told) : told_(told) {}
  Flow data(std::string_view part) override {
    told_.text.append("[").append(part).append("]");
    return told_.pauses ? Flow::kPause : Flow::kContinue;
  }
  void end() override { told_.text += "end"; }
  void aborted() override { told_.text += "aborted"; }

 private:
  Told &told_;
};

void tell_uploads_to(Told &told, Bench &bench) {
  bench.handler.on_upload = [&told](Exchange &exchange) {
    told.responder = exchange.defer();
    told.resume = exchange.receive(std::make_shared<TellingSink>(told));
  };
}

std::string fate_of(Conversation &client) {
  switch (client.connection().fate()) {
    case Connection::Fate::kOpen: return "open";
    case Connection::Fate::kClose: return "close";
    case Connection::Fate::kLinger: return "linger";
    case Connection::Fate::kReset: return "reset";
  }
  return "";
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

  TEST_CASE("stream: one that ended stays whole, though its last handle goes at once") {
    Bench bench;
    Conversation client(bench);
    client.say(kLater);
    auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    stream->write("last");
    stream->end();
    stream.reset();
    CHECK(client.hear() == "4\r\nlast\r\n0\r\n\r\n");
    CHECK(client.connection().fate() == Connection::Fate::kOpen);
  }

  TEST_CASE("stream: what its callbacks hold goes with the last handle, and none is called") {
    Bench bench;
    Conversation client(bench);
    client.say(kLater);
    auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    const auto calls = std::make_shared<int>(0);
    stream->on_ready([calls] { ++*calls; });
    stream->on_closed([calls] { ++*calls; });
    stream->on_drain([calls] { ++*calls; });
    CHECK(calls.use_count() == 4);
    stream.reset();
    CHECK(calls.use_count() == 1);
    client.hear();
    CHECK(*calls == 0);
  }

  TEST_CASE("stream: to a client that is gone nothing is queued, however full it was") {
    ServerOptions options;
    options.output_high_bytes = 1'000;
    Bench bench(options);
    Conversation client(bench);
    client.say(kLater);
    const auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    client.hear();
    stream->write(std::string(500, 'x'));
    client.deliver();
    CHECK(stream->write(std::string(501, 'y')) == Stream::State::kFull);
    bool closed = false;
    stream->on_closed([&] { closed = true; });
    client.connection().closed();
    CHECK(closed);
    CHECK(stream->state() == Stream::State::kClosed);
    CHECK(stream->queued_bytes() == 0);
    CHECK(stream->write("z") == Stream::State::kClosed);
    CHECK(stream->queued_bytes() == 0);
    client.deliver();
    CHECK(stream->queued_bytes() == 0);
  }

  TEST_CASE("stream: its writer is told of a drain once, and of the end once, never before") {
    Bench bench;
    Conversation client(bench);
    client.say(kLater);
    const auto stream = bench.handler.take_responder()->stream(make_response(200, ""));
    std::string told;
    stream->on_drain([&] { told += "drain "; });
    stream->on_closed([&] { told += "closed "; });
    stream->write("one");
    CHECK(body_of(client.hear()) == "3\r\none\r\n");
    CHECK(told == "");
    client.connection().drain();
    CHECK(told == "drain ");
    client.connection().drain();
    stream->write("two");
    CHECK(client.hear() == "3\r\ntwo\r\n");
    CHECK(told == "drain ");
    stream->end();
    client.hear();
    client.connection().closed();
    client.deliver();
    CHECK(told == "drain closed ");
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

  TEST_CASE("rest: between one answer that was taken and the next byte, and at no other time") {
    Bench bench;
    Conversation client(bench);
    Connection &connection = client.connection();
    CHECK(connection.at_rest());
    client.say("\r\n");  // an empty line before a request
    client.say(kGet.substr(0, 5));
    CHECK_FALSE(connection.at_rest());
    client.say(kGet.substr(5));
    CHECK_FALSE(connection.at_rest());  // the answer is to be sent
    client.hear();
    CHECK(connection.at_rest());
    client.say(kLater);
    CHECK_FALSE(connection.at_rest());
    bench.handler.take_responder()->send(make_response(200, ""));
    client.deliver();
    client.hear();
    CHECK(connection.at_rest());
    client.say(put("/echo", 4, "ab"));
    CHECK_FALSE(connection.at_rest());
    client.say("cd").hear();
    CHECK(connection.at_rest());
    CHECK(connection.origin() == Origin::kLoopback);
    CHECK(&connection.handler() == &bench.handler);
  }

  TEST_CASE("rest: not where the end is near") {
    Bench bench;
    for (const std::string &last :
         {std::string("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
          std::string("rubbish\r\n\r\n")}) {
      Conversation client(bench);
      client.say(last).hear();
      CHECK_FALSE(client.connection().at_rest());
    }
    Conversation ended(bench);
    ended.connection().receive_end();
    CHECK_FALSE(ended.connection().at_rest());
    Conversation drained(bench);
    drained.connection().drain();
    CHECK_FALSE(drained.connection().at_rest());
  }

  TEST_CASE("close: who asked for the end is not waited for, anyone else may still be sending") {
    Bench bench;
    const std::string fields = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (const char *path : {"/hello", "/close"}) {
      Conversation asking(bench);
      asking.say(std::string("GET ") + path + fields).hear();
      CHECK(fate_of(asking) == "close");
    }
    Conversation going_on(bench);
    going_on.say("GET /hello" + fields + kGet).hear();
    CHECK(fate_of(going_on) == "linger");
    Conversation surprised(bench);
    surprised.say("GET /close HTTP/1.1\r\nHost: a\r\n\r\n").hear();
    CHECK(fate_of(surprised) == "linger");
    surprised.connection().receive_end();
    CHECK(fate_of(surprised) == "close");
  }

  TEST_CASE("close: who asked for the end is waited for where not all of its body was read") {
    const std::string head =
        "PUT /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    Bench bench;
    Told told;
    tell_uploads_to(told, bench);
    Conversation broken(bench);
    CHECK(broken.say(head + "4\r\nabcdX").hear().find("HTTP/1.1 400 ") == 0);
    CHECK(fate_of(broken) == "linger");
    bench.handler.on_upload = [](Exchange &exchange) { exchange.response().status = 403; };
    Conversation unwanted(bench);
    CHECK(unwanted.say(head).hear().find("HTTP/1.1 403 ") == 0);
    CHECK(fate_of(unwanted) == "linger");
  }

  TEST_CASE("drain: what a client is sending is taken to its end, and its answer is the last") {
    const std::string hello =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    const std::string echo =
        "HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\nPUT /echo [abcd]";
    const std::string count =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ngot 4";
    const std::string chunks =
        "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct Row {
      std::string before;
      std::string after;
      std::string answer;
    };
    const Row rows[] = {
        {"GET /hel", "lo HTTP/1.1\r\nHost: a\r\n\r\n", hello},
        {put("/echo", 4, ""), "abcd", echo},
        {put("/echo", 4, "abc"), "d", echo},
        {chunks, "4\r\nabcd\r\n0\r\n\r\n", echo},
        {chunks + "4\r\nabcd\r\n0\r\n", "\r\n", echo},
        {put("/upload", 4, ""), "abcd", count},
        {put("/upload", 4, "abc"), "d", count},
    };
    for (const Row &row : rows) {
      CAPTURE(row.before);
      Bench bench;
      Conversation client(bench);
      client.say(row.before);
      bench.draining = true;
      client.connection().drain();
      CHECK(client.hear() == "");
      CHECK(fate_of(client) == "open");
      CHECK(client.say(row.after + kGet).hear() == row.answer);
      CHECK(fate_of(client) == "linger");
    }
  }

  TEST_CASE("drain: a connection that waits for nothing is closed, one that waits is not") {
    Bench bench;
    Conversation silent(bench);
    Conversation served(bench);
    Conversation waiting(bench);
    served.say(kGet).hear();
    waiting.say(kLater);
    bench.draining = true;
    for (Conversation *client : {&silent, &served, &waiting}) client->connection().drain();
    CHECK(fate_of(silent) == "close");
    CHECK(fate_of(served) == "close");
    CHECK(fate_of(waiting) == "open");
    bench.handler.take_responder()->send(make_response(200, "late"));
    CHECK(waiting.hear().find("Connection: close\r\n\r\nlate") != std::string::npos);
    CHECK(fate_of(waiting) == "linger");
  }

  TEST_CASE("half-close: a body that will never be whole is given up at once, unanswered") {
    Bench bench;
    for (const std::string &begun :
         {put("/echo", 4, "abc"), std::string("PUT /echo HTTP/1.1\r\nHost: a\r\n"
                                              "Transfer-Encoding: chunked\r\n\r\n4\r\nabc")}) {
      Conversation client(bench);
      client.say(begun);
      CHECK(bench.bodies.held() == 3);
      client.connection().receive_end();
      CHECK(bench.bodies.held() == 0);
      CHECK(client.hear() == "");
      CHECK(fate_of(client) == "close");
    }
  }

  TEST_CASE("half-close: the sink of a body that will never be whole is told so once") {
    Bench bench;
    Told told;
    tell_uploads_to(told, bench);
    Conversation client(bench);
    client.say(put("/upload", 4, "abc"));
    client.connection().receive_end();
    CHECK(told.text == "[abc]aborted");
    CHECK(fate_of(client) == "open");  // it may still be answered
    told.responder->send(make_response(400, "cut"));
    CHECK(client.hear().find("400 Bad Request") != std::string::npos);
    CHECK(fate_of(client) == "close");
    client.connection().closed();
    CHECK(told.text == "[abc]aborted");
  }

  TEST_CASE("half-close: while a sink pauses, it is told of the end behind what had come") {
    Bench bench;
    Told told;
    told.pauses = true;
    tell_uploads_to(told, bench);
    Conversation client(bench);
    client.say(put("/upload", 9, "abc")).say("def");
    client.connection().receive_end();
    CHECK(told.text == "[abc]");
    told.resume();
    client.deliver();
    CHECK(told.text == "[abc][def]");
    told.resume();
    client.deliver();
    CHECK(told.text == "[abc][def]aborted");
    CHECK(bench.workspace.counters.requests.get() == 1);
  }

  TEST_CASE("half-close: a body that had to wait for room is given up when its turn comes") {
    ServerOptions options;
    options.output_high_bytes = 1'000;
    options.output_low_bytes = 300;
    Bench bench(options);
    Conversation client(bench);
    client.say("GET /big?2000 HTTP/1.1\r\nHost: a\r\n\r\n" + put("/echo", 4, "abc"));
    client.connection().receive_end();
    CHECK(fate_of(client) == "open");
    CHECK(body_of(client.hear()) == std::string(2'000, 'x'));
    CHECK(bench.bodies.held() == 0);
    CHECK(fate_of(client) == "close");
  }
}
