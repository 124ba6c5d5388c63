// SPDX-License-Identifier: Apache-2.0
// Slow and rude clients: others are still served, and what they held comes back.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/core/http/resources.hpp"
#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kLater = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions one_worker() {
  ServerOptions options;
  options.threads = 1;
  return options;
}

bool all_gone(const TestServer &server) {
  return becomes_true([&] { return server.counters().connections == 0; });
}

// What the process uses before some clients come; to be made when buffers and tables have their
// size already.
class Baseline {
 public:
  explicit Baseline(const TestServer &server) : connections_(server.counters().connections) {}
  // Nothing of the clients is left.
  void check_restored(const TestServer &server) const {
    CHECK(becomes_true([&] { return server.counters().connections == connections_; }));
    CHECK(becomes_true([&] { return open_descriptors() == descriptors_; }));
    // Large buffers are kept for a while.
    CHECK(becomes_true([&] { return resident_bytes() < resident_ + kMemorySlack; }));
  }

 private:
  const uint64_t connections_;
  const size_t descriptors_ = open_descriptors();
  const size_t resident_ = resident_bytes();
};

// In the middle of an answer, of a body, of a stream, and while an answer is made.
void reset_four_ways(TestServer &server) {
  RawClient reading = server.connect(4096);
  reading.send("GET /big?4000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(reading.receive(100).size() == 100);
  reading.reset();
  RawClient writing = server.connect();
  writing.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab").reset();
  RawClient streaming = server.connect(4096);
  streaming.send(kLater);
  const auto stream = server.handler.take_responder()->stream(make_response(200, ""));
  stream->write(std::string(4'000'000, 'x'));
  CHECK(streaming.receive(1000).size() == 1000);
  streaming.reset();
  CHECK(becomes_true([&] { return stream->state() == Stream::State::kClosed; }));
  RawClient waiting = server.connect();
  waiting.send(kLater);
  const auto responder = server.handler.take_responder();
  std::atomic<bool> gone{false};
  responder->on_gone([&](Responder::Gone) { gone = true; });
  waiting.reset();
  CHECK(becomes_true([&] { return gone.load(); }));
  responder->send(make_response(200, "nobody"));
}

// Each gets ten parts, while others are served.
void stream_to(TestServer &server, size_t count) {
  std::vector<RawClient> clients;
  std::vector<std::shared_ptr<Stream>> streams;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(server.connect());
    clients.back().send(kLater);
    streams.push_back(server.handler.take_responder()->stream(make_response(200, "")));
  }
  std::string expected;
  for (int round = 0; round < 10; ++round) {
    for (const auto &stream : streams) CHECK(stream->write("event") == Stream::State::kOpen);
    expected += "5\r\nevent\r\n";
    CHECK(statuses(server.ask(kGet)) == "200");
  }
  for (const auto &stream : streams) stream->end();
  expected += "0\r\n\r\n";
  for (RawClient &client : clients) {
    CHECK(client.receive_through("\r\n\r\n").find("chunked") != std::string::npos);
    CHECK(client.receive(expected.size()) == expected);
  }
}

}  // namespace

TEST_SUITE("core/http/fairness") {
  TEST_CASE(
      "slow reader: a value of 64 MiB costs no CPU while it is not taken, and delays nobody") {
    TestServer server(one_worker());
    RawClient slow = server.connect(4096);
    slow.send("GET /big?67108864 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().requests == 1; }));
    RawClient other = server.connect();
    CHECK(statuses(other.send(kGet).receive_answer()) == "200");
    const auto before = cpu_time();
    CHECK_FALSE(other.wait_readable(500ms));
    CHECK(cpu_time() - before < 100ms);
    for (int i = 0; i < 100; ++i) REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    CHECK(slow.receive_through("\r\n\r\n").find("67108864") != std::string::npos);
    CHECK(slow.receive(67108864).size() == 67108864);
  }

  TEST_CASE("letters: what 32 of them caused is sent before the next one is opened") {
    TestServer server(one_worker());
    std::promise<void> go_on;
    server.handler.on_upload = [&, held = go_on.get_future().share()](Exchange &) { held.wait(); };
    std::vector<RawClient> clients;
    std::vector<std::shared_ptr<Responder>> responders;
    for (int i = 0; i < 33; ++i) {
      clients.push_back(server.connect());
      clients.back().send(kLater);
      responders.push_back(server.handler.take_responder());
    }
    const auto last = responders.back()->stream(make_response(200, ""));
    CHECK(clients.back().receive_through("\r\n\r\n").find("chunked") != std::string::npos);
    std::promise<bool> was_sent;
    last->on_closed([&] { was_sent.set_value(clients.front().wait_readable(5s)); });
    RawClient holding = server.connect();
    holding.send("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().requests == 34; }));
    for (int i = 0; i < 32; ++i) responders[static_cast<size_t>(i)]->send(make_response(200, ""));
    last->end();
    go_on.set_value();
    CHECK(was_sent.get_future().get());
  }

  TEST_CASE("slow writer: others are served between its bytes") {
    TestServer server(one_worker());
    RawClient slow = server.connect();
    RawClient other = server.connect();
    for (const char c : kGet) {
      slow.send({&c, 1});
      REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    }
    CHECK(statuses(slow.receive_answer()) == "200");
  }

  TEST_CASE("endless writer: others are served beside an upload without end") {
    TestServer server(one_worker());
    RawClient upload = server.connect();
    upload.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4294967296\r\n\r\n");
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      const std::string part(1 << 20, 'x');
      while (!stop) upload.send_until_full(part);
    });
    RawClient other = server.connect();
    for (int i = 0; i < 100; ++i) REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    stop = true;
    writer.join();
  }

  TEST_CASE("half-close: what was asked is answered, at once or later") {
    TestServer server;
    CHECK(statuses(server.ask(kGet + kGet)) == "200 200");
    RawClient client = server.connect();
    client.send(kLater).half_close();
    server.handler.take_responder()->send(make_response(200, "late"));
    CHECK(client.receive_all().find("late") != std::string::npos);
    CHECK(all_gone(server));
  }

  TEST_CASE("half-close: a large answer comes whole, also to a client that is slow to take it") {
    TestServer server(one_worker());
    RawClient client = server.connect(4096);
    client.send("GET /big?30000000 HTTP/1.1\r\nHost: a\r\n\r\n" + kGet).half_close();
    CHECK(becomes_true([&] { return server.counters().requests >= 1; }));
    CHECK(statuses(server.ask(kGet)) == "200");
    client.receive_through("\r\n\r\n");
    CHECK(client.receive(30'000'000).size() == 30'000'000);
    CHECK(statuses(client.receive_all()) == "200");
    CHECK(all_gone(server));
  }

  TEST_CASE(
      "half-close: in the middle of a head or a body nothing is answered, and all comes back") {
    TestServer server;
    CHECK(server.ask("GET /hello HTTP/1.1\r\nHo").empty());
    CHECK(server.ask("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab").empty());
    CHECK(statuses(server.ask(kGet + "GET /hel")) == "200");
    CHECK(all_gone(server));
  }

  // Closing at once would have the kernel answer the second request with a reset, which throws away
  // what the client has not read of the first answer (RFC 9112 9.6).
  TEST_CASE("close: a request that comes too late does not cost the answer before it") {
    TestServer server;
    RawClient client = server.connect(4096);
    client.send("GET /close?500000 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().bytes_out > 500'000; }));
    client.send(kGet);
    client.receive_through("\r\n\r\n");
    CHECK(client.receive_all() == std::string(500'000, 'x'));
    client.half_close();
    CHECK(all_gone(server));
  }

  TEST_CASE("reset: in the middle of anything harms nobody, and leaves nothing behind") {
    TestServer server;
    RawClient other = server.connect();
    reset_four_ways(server);
    CHECK(becomes_true([&] { return server.counters().connections == 1; }));
    const Baseline before(server);
    for (int i = 0; i < 20; ++i) {
      reset_four_ways(server);
      CHECK(statuses(other.send(kGet).receive_answer()) == "200");
    }
    before.check_restored(server);
  }

  TEST_CASE("short connections: 10,000 leave neither descriptors nor memory behind") {
    TestServer server;
    for (int i = 0; i < 500; ++i) server.ask(kGet);
    CHECK(all_gone(server));
    const Baseline before(server);
    for (int i = 0; i < 10'000; ++i) REQUIRE(statuses(server.ask(kGet)) == "200");
    before.check_restored(server);
    CHECK(server.counters().accepted == 10'500);
  }

  TEST_CASE("streams: 1,000 at a time get their parts, and leave nothing behind") {
    allow_descriptors(2'100);
    TestServer server;
    stream_to(server, 1000);
    CHECK(all_gone(server));
    const Baseline before(server);
    stream_to(server, 1000);
    before.check_restored(server);
  }

  TEST_CASE("descriptors: without any left the server neither spins nor dies") {
    TestServer server(one_worker());
    RawClient known = server.connect();
    CHECK(statuses(known.send(kGet).receive_answer()) == "200");
    {
      const FewDescriptors few(1);  // for the client below, and none for the server
      const auto before = cpu_time();
      RawClient refused = server.connect();
      CHECK(refused.receive_all().empty());  // shed by the reserve descriptor
      CHECK(cpu_time() - before < 200ms);
      CHECK(statuses(known.send(kGet).receive_answer()) == "200");
    }
    CHECK(statuses(server.ask(kGet)) == "200");
  }
}
