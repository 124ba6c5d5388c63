// SPDX-License-Identifier: Apache-2.0
// Answers in parts.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kLater = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

std::shared_ptr<Stream> open_stream(TestServer &server, RawClient &client,
                                    const std::string &request = kLater) {
  client.send(request);
  return server.handler.take_responder()->stream(make_response(200, ""));
}

}  // namespace

TEST_SUITE("core/http/streams") {
  TEST_CASE("stream: a large part that is shared goes to each client whole, and is never copied") {
    TestServer server;
    const auto part = std::make_shared<const std::string>(size_t{16} << 20, 'x');
    RawClient first = server.connect(4096);
    RawClient second = server.connect(4096);
    const auto one = open_stream(server, first);
    const auto other = open_stream(server, second);
    CHECK(one->write(part) == Stream::State::kFull);
    CHECK(other->write(part) == Stream::State::kFull);
    for (RawClient *client : {&first, &second}) {
      client->receive_through("\r\n1000000\r\nxxx");  // so its first bytes were sent
    }
    CHECK(part.use_count() == 3);  // ours, and the two that wait for their clients
    one->end();
    other->end();
    for (RawClient *client : {&first, &second}) {
      CHECK(client->receive_through("0\r\n\r\n").size() == part->size() - 3 + 2 + 5);
    }
    CHECK(becomes_true([&] { return part.use_count() == 1; }));
  }

  TEST_CASE("stream: each part is a chunk, and the next request is answered after the last") {
    TestServer server;
    RawClient client = server.connect();
    const auto stream = open_stream(server, client, kLater + kGet);
    CHECK(stream->write("one") == Stream::State::kOpen);
    CHECK(stream->write("") == Stream::State::kOpen);  // would end the body
    CHECK(stream->write(std::string(20'000, 'x')) == Stream::State::kOpen);
    stream->end();
    CHECK(stream->write("late") == Stream::State::kClosed);
    CHECK(without_date(client.receive_through("\r\n\r\n")) ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(client.receive_through("0\r\n\r\n") ==
          "3\r\none\r\n4e20\r\n" + std::string(20'000, 'x') + "\r\n0\r\n\r\n");
    CHECK(statuses(client.receive_answer()) == "200");
  }

  TEST_CASE("stream: to HTTP/1.0 until closed, to HEAD only its head") {
    TestServer server;
    RawClient old = server.connect();
    const auto stream = open_stream(server, old, "GET /later HTTP/1.0\r\n\r\n");
    stream->write("one");
    stream->write("two");
    stream->end();
    CHECK(without_date(old.receive_all()) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo");
    RawClient head = server.connect();
    const auto none = open_stream(server, head, "HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
    head.receive_through("\r\n\r\n");
    CHECK(statuses(head.receive_answer()) == "200");
    CHECK(none->write("x") == Stream::State::kClosed);
  }

  TEST_CASE("stream: one that is dropped without its end cuts the connection") {
    TestServer server;
    RawClient client = server.connect();
    open_stream(server, client)->write("part");
    client.receive_through("\r\n\r\n");
    CHECK(client.receive_all() == "4\r\npart\r\n");
    RawClient old = server.connect();  // to which the end of the connection is that of the body
    open_stream(server, old, "GET /later HTTP/1.0\r\n\r\n")->write("part");
    CHECK(old.receive_all().back() == '!');
  }

  TEST_CASE("stream: a client that does not read makes it full, ready when it reads again") {
    ServerOptions options;
    options.threads = 1;
    TestServer server(options);
    RawClient client = server.connect(4096);
    const auto stream = open_stream(server, client);
    std::atomic<int> ready{0};
    stream->on_ready([&] { ++ready; });
    const std::string part(100'000, 'x');
    size_t parts = 0;
    Stream::State state = Stream::State::kOpen;
    for (; state == Stream::State::kOpen && parts < 1000; ++parts) {
      state = stream->write(part);
      server.ask(kGet);  // so that the worker has the part: what it holds counts
    }
    CHECK(state == Stream::State::kFull);
    CHECK(stream->state() == Stream::State::kFull);
    CHECK(stream->queued_bytes() > ServerOptions{}.output_high_bytes);
    CHECK(ready == 0);
    CHECK(statuses(server.ask(kGet)) == "200");
    client.receive_through("\r\n\r\n");
    const size_t chunk = part.size() + std::string("186a0\r\n\r\n").size();
    for (size_t i = 0; i < parts; ++i) CHECK(client.receive(chunk).size() == chunk);
    CHECK(becomes_true([&] { return ready == 1; }));
    CHECK(becomes_true([&] { return stream->queued_bytes() == 0; }));
    CHECK(stream->write("more") == Stream::State::kOpen);
    CHECK(client.receive(9) == "4\r\nmore\r\n");
  }

  TEST_CASE("stream: the writer learns that the client went away, also when it asks late") {
    TestServer server;
    RawClient client = server.connect();
    const auto stream = open_stream(server, client);
    std::atomic<bool> closed{false};
    stream->on_closed([&] { closed = true; });
    client.reset();
    CHECK(becomes_true([&] { return closed.load(); }));
    CHECK(stream->write("x") == Stream::State::kClosed);
    std::atomic<bool> late{false};
    stream->on_closed([&] { late = true; });
    CHECK(becomes_true([&] { return late.load(); }));
  }

  TEST_CASE(
      "stream: to HTTP/1.0 it ends with the connection, though the client wants to keep that") {
    TestServer server;
    RawClient client = server.connect();
    const auto stream =
        open_stream(server, client, "GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    stream->write("part");
    stream->end();
    CHECK(stream->write("late") == Stream::State::kClosed);
    CHECK(without_date(client.receive_all()) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart");
  }

  TEST_CASE("stream: nothing is queued any more once the client went away") {
    ServerOptions options;
    options.threads = 1;
    TestServer server(options);
    std::promise<void> go_on;
    server.handler.on_upload = [&, held = go_on.get_future().share()](Exchange &) { held.wait(); };
    RawClient client = server.connect(4096);
    const auto stream = open_stream(server, client);
    stream->write(std::string(16'000'000, 'x'));
    CHECK(client.receive_through("x").size() > 1);
    RawClient holding = server.connect();
    holding.send("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().requests == 2; }));
    client.reset();
    stream->write("is not delivered before the reset");
    go_on.set_value();
    CHECK(becomes_true([&] { return stream->state() == Stream::State::kClosed; }));
    CHECK(becomes_true([&] { return stream->queued_bytes() == 0; }));
  }

  TEST_CASE("stream: who asks late learns of the drain") {
    ServerOptions options;
    options.threads = 1;
    TestServer server(options);
    RawClient client = server.connect();
    const auto stream = open_stream(server, client);
    RawClient idle = server.connect();
    CHECK(statuses(idle.send(kGet).receive_answer()) == "200");
    std::thread drainer([&] { server.server->drain(kPatience); });
    CHECK(idle.receive_all().empty());  // so the worker told the streams
    stream->on_drain([stream = std::weak_ptr<Stream>(stream)] {
      if (const auto open = stream.lock()) open->end();
    });
    CHECK(client.receive_all().find("\r\n\r\n0\r\n\r\n") != std::string::npos);
    drainer.join();
  }

  TEST_CASE("responder: who asks late learns that the client went away, and has no stream to it") {
    TestServer server;
    RawClient client = server.connect();
    client.send(kLater);
    const auto responder = server.handler.take_responder();
    client.reset();
    CHECK(becomes_true([&] { return server.counters().connections == 0; }));
    std::promise<Responder::Gone> told;
    responder->on_gone([&](Responder::Gone how) { told.set_value(how); });
    auto how = told.get_future();
    REQUIRE(how.wait_for(kPatience) == std::future_status::ready);
    CHECK(how.get() == Responder::Gone::kClosed);
    const auto stream = responder->stream(make_response(200, ""));
    CHECK(stream->state() == Stream::State::kClosed);
    CHECK(stream->write("nobody") == Stream::State::kClosed);
  }

  TEST_CASE("responder: a client that went away during a drain is gone, not only drained") {
    ServerOptions options;
    options.threads = 1;
    TestServer server(options);
    RawClient client = server.connect();
    client.send(kLater);
    const auto responder = server.handler.take_responder();
    RawClient idle = server.connect();
    CHECK(statuses(idle.send(kGet).receive_answer()) == "200");
    std::thread drainer([&] { server.server->drain(kPatience); });
    CHECK(idle.receive_all().empty());  // so the worker told those who wait
    client.reset();
    drainer.join();
    std::promise<Responder::Gone> told;
    responder->on_gone([&](Responder::Gone gone) { told.set_value(gone); });
    auto how = told.get_future();
    REQUIRE(how.wait_for(kPatience) == std::future_status::ready);
    CHECK(how.get() == Responder::Gone::kClosed);
  }

  TEST_CASE("stream: a client that only half-closed gets all that is ready, then is let go") {
    TestServer server;
    RawClient client = server.connect();
    const auto stream = open_stream(server, client);
    client.half_close();
    stream->write("part");
    client.receive_through("\r\n\r\n");
    CHECK(client.receive_all() == "4\r\npart\r\n");
  }

  TEST_CASE("stream: behind an answer that is not there yet, it waits") {
    TestServer server;
    RawClient client = server.connect();
    client.send(kLater + kLater);
    const auto first = server.handler.take_responder();
    const auto stream = server.handler.take_responder()->stream(make_response(200, ""));
    stream->write("part");
    stream->end();
    CHECK_FALSE(client.wait_readable(std::chrono::milliseconds(50)));
    first->send(make_response(200, "first"));
    CHECK(client.receive_answer().find("first") != std::string::npos);
    CHECK(client.receive_through("0\r\n\r\n").find("4\r\npart\r\n0\r\n\r\n") != std::string::npos);
  }

  TEST_CASE(
      "drain: a stream ends with its last words, a waiting answer is given, the rest is cut") {
    TestServer server;
    RawClient streaming = server.connect();
    const auto stream = open_stream(server, streaming);
    stream->on_drain([stream = std::weak_ptr<Stream>(stream)] {
      if (const auto open = stream.lock()) {
        open->write("bye");
        open->end();
      }
    });
    RawClient waiting = server.connect();
    waiting.send(kLater);
    const auto responder = server.handler.take_responder();
    responder->on_gone([responder = std::weak_ptr<Responder>(responder)](Responder::Gone how) {
      const auto open = responder.lock();
      if (open && how == Responder::Gone::kDraining) open->send(make_response(503, "draining"));
    });
    RawClient stubborn = server.connect();
    stubborn.send(kLater);
    const auto never = server.handler.take_responder();
    CHECK_FALSE(server.server->drain(std::chrono::milliseconds(300)));
    CHECK(streaming.receive_all().find("3\r\nbye\r\n0\r\n\r\n") != std::string::npos);
    CHECK(waiting.receive_all().find("draining") != std::string::npos);
    CHECK(stubborn.receive_all().find("HTTP") == std::string::npos);
    CHECK(server.counters().connections == 0);
  }

  TEST_CASE("drain: a connection is closed when its stream has ended, not when the time is up") {
    TestServer server;
    RawClient streaming = server.connect();
    const auto stream = open_stream(server, streaming);
    stream->on_drain([stream = std::weak_ptr<Stream>(stream)] {
      if (const auto open = stream.lock()) open->end();
    });
    streaming.receive_through("\r\n\r\n");  // the head, which promises to go on
    CHECK(server.server->drain(kPatience));
    CHECK(streaming.receive_all() == "0\r\n\r\n");
  }
}
