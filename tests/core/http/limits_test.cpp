// SPDX-License-Identifier: Apache-2.0
// Every limit at the limit and one past it, and every timeout.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// The length of its answer.
const size_t kHello = std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").size() +
                      std::string("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n").size();

std::string get_of_uri(size_t length) {
  return "GET /" + std::string(length - 1, 'u') + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

// A head whose field lines have exactly that many bytes.
std::string get_of_fields(size_t bytes) {
  const std::string host = "Host: a\r\n";
  return "GET /hello HTTP/1.1\r\n" + host +
         "X: " + std::string(bytes - host.size() - std::string("X: \r\n").size(), 'x') + "\r\n\r\n";
}

std::string get_of_lines(size_t lines) {
  std::string head = "GET /hello HTTP/1.1\r\nHost: a\r\n";
  for (size_t i = 1; i < lines; ++i) head += "X: x\r\n";
  return head + "\r\n";
}

std::string put_of(size_t length) {
  return "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
         std::string(length, 'b');
}

std::string put_chunks_of(size_t length) {
  const std::string chunk = "400\r\n" + std::string(1024, 'b') + "\r\n";
  std::string bytes = "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t sent = 0; sent + 1024 <= length; sent += 1024) bytes += chunk;
  if (length % 1024 == 1) bytes += "1\r\nb\r\n";
  return bytes + "0\r\n\r\n";
}

ServerOptions impatient() {
  ServerOptions options;
  options.head_timeout = options.body_timeout = options.idle_timeout = options.write_timeout =
      100ms;
  return options;
}

ServerOptions patient_but(std::chrono::milliseconds ServerOptions::*timeout) {
  ServerOptions options;
  options.*timeout = 100ms;
  return options;
}

}  // namespace

TEST_SUITE("core/http/limits") {
  TEST_CASE("limits: heads") {
    ServerOptions options;
    options.max_uri_bytes = 1000;
    options.max_header_bytes = 2000;
    options.max_header_lines = 10;
    TestServer server(options);
    CHECK(statuses(server.ask(get_of_uri(1000))) == "200");
    CHECK(statuses(server.ask(get_of_uri(1001))) == "414");
    CHECK(statuses(server.ask("GET /" + std::string(5000, 'u'))) == "414");
    CHECK(statuses(server.ask(get_of_fields(2000))) == "200");
    CHECK(statuses(server.ask(get_of_fields(2001))) == "431");
    CHECK(statuses(server.ask("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x'))) == "431");
    CHECK(statuses(server.ask(get_of_lines(10))) == "200");
    CHECK(statuses(server.ask(get_of_lines(11))) == "431");
  }

  TEST_CASE("limits: of heads, as they are documented") {
    TestServer server;
    CHECK(statuses(server.ask(get_of_uri(16'384))) == "200");
    CHECK(statuses(server.ask(get_of_uri(16'385))) == "414");
    CHECK(statuses(server.ask(get_of_fields(16'384))) == "200");
    CHECK(statuses(server.ask(get_of_fields(16'385))) == "431");
    CHECK(statuses(server.ask(get_of_lines(100))) == "200");
    CHECK(statuses(server.ask(get_of_lines(101))) == "431");
  }

  TEST_CASE("limits: the refusal of a head names the limit") {
    ServerOptions options;
    options.max_uri_bytes = 1000;
    options.max_header_bytes = 2000;
    options.max_header_lines = 10;
    TestServer server(options);
    const auto limit_of = [&](const std::string &request) {
      const std::string answer = server.ask(request);
      return answer.substr(answer.find("\r\n\r\n") + 4);
    };
    CHECK(limit_of(get_of_uri(1001)) == "uri-too-long 1000");
    CHECK(limit_of("GET /" + std::string(5000, 'u')) == "uri-too-long 1000");
    CHECK(limit_of(get_of_fields(2001)) == "headers-too-large 2000");
    CHECK(limit_of(get_of_lines(11)) == "headers-too-large 10");
    CHECK(limit_of(put_of(kMaxBody + 1)) == "value-too-large " + std::to_string(kMaxBody));
  }

  TEST_CASE("limits: bodies") {
    TestServer server;
    CHECK(statuses(server.ask(put_of(kMaxBody))) == "200");
    CHECK(statuses(server.ask(put_of(kMaxBody + 1))) == "413");
    CHECK(statuses(server.ask(put_chunks_of(kMaxBody))) == "200");
    CHECK(statuses(server.ask(put_chunks_of(kMaxBody + 1))) == "413");
  }

  TEST_CASE("limits: chunk extensions and trailers") {
    ServerOptions options;
    options.max_header_bytes = 1000;
    TestServer server(options);
    const std::string head = "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(statuses(server.ask(head + "0;" + std::string(1000, 'e') + "\r\n\r\n")) == "200");
    CHECK(statuses(server.ask(head + "0;" + std::string(1001, 'e') + "\r\n\r\n")) == "400");
    CHECK(statuses(server.ask(head + "0\r\nT:" + std::string(998, 't') + "\r\n\r\n")) == "200");
    CHECK(statuses(server.ask(head + "0\r\nT:" + std::string(999, 't') + "\r\n\r\n")) == "400");
  }

  TEST_CASE("limits: connections, a place that becomes free is used again") {
    ServerOptions options;
    options.max_connections = 2;
    TestServer server(options);
    std::vector<RawClient> clients;
    for (int i = 0; i < 2; ++i) {
      clients.push_back(server.connect());
      CHECK(statuses(clients.back().send(kGet).receive_answer()) == "200");
    }
    RawClient third = server.connect();
    CHECK(without_date(third.receive_answer()) ==
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
          "overloaded");
    third.half_close();
    CHECK(third.receive_all().empty());
    CHECK(server.counters().refused_connections == 1);
    clients.pop_back();
    CHECK(becomes_true([&] { return server.counters().connections == 1; }));
    CHECK(statuses(server.ask(kGet)) == "200");
  }

  TEST_CASE("limits: 256 connections too many are told so, further ones are only closed") {
    ServerOptions options;
    options.max_connections = 1;
    TestServer server(options);
    std::vector<RawClient> clients;
    clients.push_back(server.connect());
    CHECK(statuses(clients.back().send(kGet).receive_answer()) == "200");
    for (int i = 0; i < 256; ++i) {
      clients.push_back(server.connect());
      REQUIRE(statuses(clients.back().receive_answer()) == "503");
    }
    CHECK(server.counters().connections == 257);  // they are held until they go
    CHECK(server.connect().receive_all().empty());
    CHECK(server.counters().refused_connections == 257);
  }

  TEST_CASE("limits: requests that must wait are read up to 128 KiB") {
    TestServer server;
    RawClient client = server.connect();
    client.send("DELETE /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto responder = server.handler.take_responder();
    constexpr int kRequests = 300'000;
    std::string requests;
    for (int i = 0; i < kRequests; ++i) requests += kGet;
    const size_t sent = client.send_until_full(requests);
    CHECK(sent < requests.size());
    CHECK(server.counters().bytes_in >= 128 * 1024);
    CHECK(server.counters().bytes_in < (128 + 2 * 64) * 1024);  // what a read may bring
    CHECK(server.counters().requests == 1);
    responder->send(make_response(200, "first"));
    CHECK(client.receive_answer().find("first") != std::string::npos);
    for (size_t i = 0; i < sent / kGet.size(); ++i)
      REQUIRE(client.receive(kHello).size() == kHello);
  }

  TEST_CASE("limits: requests in flight") {
    ServerOptions options;
    options.max_pipelined = 3;
    TestServer server(options);
    RawClient client = server.connect();
    std::string requests;
    for (int i = 0; i < 4; ++i) requests += "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(requests + kGet);
    std::vector<std::shared_ptr<Responder>> responders;
    for (int i = 0; i < 3; ++i) responders.push_back(server.handler.take_responder());
    CHECK(server.counters().requests == 3);
    for (const auto &responder : responders) responder->send(make_response(200, "a"));
    const auto last = server.handler.take_responder();
    last->send(make_response(200, "b"));
    for (int i = 0; i < 5; ++i) CHECK(statuses(client.receive_answer()) == "200");
  }

  TEST_CASE("limits: a request that changes something waits for those before it") {
    TestServer server;
    RawClient client = server.connect();
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nDELETE /later HTTP/1.1\r\nHost: a\r\n\r\n" +
                kGet);
    const auto first = server.handler.take_responder();
    CHECK(server.counters().requests == 1);
    first->send(make_response(200, "first"));
    const auto second = server.handler.take_responder();
    CHECK(server.counters().requests == 2);
    second->send(make_response(200, "second"));
    CHECK(client.receive_answer().find("first") != std::string::npos);
    CHECK(client.receive_answer().find("second") != std::string::npos);
    CHECK(client.receive_answer().find("hello") != std::string::npos);
  }

  TEST_CASE("limits: output of a client that does not read, then all of it comes") {
    ServerOptions options;
    options.output_high_bytes = 64 * 1024;
    options.output_low_bytes = 16 * 1024;
    TestServer server(options);
    RawClient client = server.connect(4096);
    constexpr int kRequests = 20'000;
    const std::string request =
        "GET /big?1000 HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
    std::string requests;
    for (int i = 0; i < kRequests; ++i) requests += request;
    const size_t sent = client.send_until_full(requests);
    CHECK(sent < requests.size());
    CHECK(server.counters().requests < kRequests);
    CHECK(statuses(server.ask(kGet)) == "200");
    const size_t answer = server.ask(request).size() + 37;
    const size_t whole = sent / request.size();
    for (size_t i = 0; i < whole; ++i) REQUIRE(client.receive(answer).size() == answer);
  }

  TEST_CASE("timeouts: a head that does not come to its end is 408") {
    TestServer server(patient_but(&ServerOptions::head_timeout));
    RawClient client = server.connect();
    client.send("GET /hello HTTP/1.1\r\n");
    CHECK(without_date(client.receive_answer()) ==
          "HTTP/1.1 408 Request Timeout\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
          "request-timeout");
  }

  TEST_CASE("timeouts: a body that stops is 408") {
    TestServer server(patient_but(&ServerOptions::body_timeout));
    RawClient client = server.connect();
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(statuses(client.receive_answer()) == "408");
    RawClient streamed = server.connect();
    streamed.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(statuses(streamed.receive_answer()) == "408");
  }

  TEST_CASE("timeouts: a body that trickles is 408") {
    ServerOptions options = patient_but(&ServerOptions::body_timeout);
    options.min_body_rate = 1'000'000;
    TestServer server(options);
    RawClient client = server.connect();
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (server.counters().connections == 1 && std::chrono::steady_clock::now() < end) {
      client.send_until_full("x");
      if (client.wait_readable(10ms)) break;
    }
    CHECK(statuses(client.receive_answer()) == "408");
  }

  TEST_CASE("timeouts: an idle connection is closed without a word") {
    TestServer server(patient_but(&ServerOptions::idle_timeout));
    CHECK(server.connect().receive_all().empty());
    RawClient used = server.connect();
    CHECK(statuses(used.send(kGet).receive_answer()) == "200");
    CHECK(used.receive_all().empty());
  }

  TEST_CASE("timeouts: a client that takes nothing is cut") {
    TestServer server(patient_but(&ServerOptions::write_timeout));
    RawClient client = server.connect(4096);
    client.send("GET /big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().requests == 1; }));
    CHECK(becomes_true([&] { return server.counters().connections == 0; }));
  }

  TEST_CASE("timeouts: a client that takes its answer in sips is cut") {
    ServerOptions options;
    options.write_timeout = 1s;
    options.min_write_rate = 1'000'000'000;
    TestServer server(options);
    RawClient client = server.connect(4096);
    const RawClient silent = server.connect();  // nothing comes here: it paces the other
    constexpr size_t kBody = 16'000'000;
    client.send("GET /big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    size_t received = 0;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (received < kBody && std::chrono::steady_clock::now() < end) {
      const size_t sip = client.receive(4096).size();
      received += sip;
      if (sip < 4096) break;
      CHECK(!silent.wait_readable(1ms));
    }
    CHECK(received < kBody);
    CHECK(becomes_true([&] { return server.counters().connections == 1; }));
  }

  TEST_CASE("timeouts: a client that takes nothing is cut, also where the kernel took it all") {
    TestServer server(patient_but(&ServerOptions::write_timeout));
    RawClient client = server.connect(4096);
    client.send("GET /big?500000 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().bytes_out > 500'000; }));
    CHECK(becomes_true([&] { return server.counters().connections == 0; }));
  }

  // The kernel asks for more only when a third of its megabytes is empty.
  TEST_CASE("timeouts: a client that takes its answer slowly but steadily is not cut") {
    ServerOptions options;
    options.write_timeout = 600ms;
    TestServer server(options);
    RawClient client = server.connect(4096);
    const RawClient silent = server.connect();  // nothing comes here: it paces the other
    constexpr size_t kBody = 16'000'000;
    client.send("GET /big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.receive_through("\r\n\r\n");
    size_t received = 0;
    for (int sips = 0; sips < 100; ++sips) {
      received += client.receive(2048).size();
      CHECK(!silent.wait_readable(20ms));
    }
    CHECK(server.counters().connections == 2);
    received += client.receive(kBody - received).size();
    CHECK(received == kBody);
  }

  TEST_CASE("timeouts: a head that trickles is 408") {
    TestServer server(patient_but(&ServerOptions::head_timeout));
    RawClient client = server.connect();
    client.send("GET /hello HTTP/1.1\r\nX: ");
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!client.wait_readable(10ms) && std::chrono::steady_clock::now() < end) client.send("x");
    CHECK(statuses(client.receive_answer()) == "408");
  }

  TEST_CASE("timeouts: none runs while an answer is being made") {
    TestServer server(impatient());
    RawClient waiting = server.connect();
    waiting.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto responder = server.handler.take_responder();
    CHECK(server.connect().receive_all().empty());  // meanwhile an idle one is closed
    CHECK(server.connect().receive_all().empty());
    responder->send(make_response(200, "late"));
    CHECK(waiting.receive_answer().find("late") != std::string::npos);
  }
}
