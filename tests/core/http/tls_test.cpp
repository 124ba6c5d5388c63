// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/core/http/resources.hpp"
#include "tests/core/http/test_server.hpp"
#include "tests/core/http/tls_client.hpp"

using namespace navistore;
using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions tls_options(const Certificates &certificates) {
  ServerOptions options;
  options.listen = {{"127.0.0.1:0", nullptr, true}, {"127.0.0.1:0"}};
  options.tls = {certificates.certificate("server"), certificates.key("server"), ""};
  options.threads = 1;
  return options;
}

size_t answer_size() {
  return std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").size() + 37;
}

std::vector<RawClient> stalled_in_handshake(const TestServer &server) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(server.connect());
    clients.back().send(i % 2 == 0 ? "" : "\x16\x03\x01");
  }
  return clients;
}

// The status that a client with that certificate ("" is none) gets.
std::string asked_by(const TestServer &server, const Certificates &certificates,
                     const std::string &name, int version) {
  Wishes wishes;
  wishes.version = version;
  wishes.certificate = name.empty() ? "" : certificates.certificate(name);
  wishes.key = name.empty() ? "" : certificates.key(name);
  TlsClient client(server.address(), certificates.authority(), wishes);
  return statuses(client.send(kGet).receive(answer_size()));
}

}  // namespace

TEST_SUITE("core/http/tls") {
  TEST_CASE("tls: 1.2 and 1.3, kept alive and pipelined, 1.1 is refused") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Wishes wishes;
      wishes.version = version;
      TlsClient client(server.address(), certificates.authority(), wishes);
      REQUIRE(client.connected());
      CHECK(client.version() == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
      CHECK(statuses(client.send(kGet).receive(answer_size())) == "200");
      CHECK(statuses(client.send(kGet + kGet).receive(2 * answer_size())) == "200 200");
    }
    Wishes old;
    old.version = TLS1_1_VERSION;
    CHECK_FALSE(TlsClient(server.address(), certificates.authority(), old).connected());
  }

  TEST_CASE("tls: large answers and bodies") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    TlsClient client(server.address(), certificates.authority());
    client.send("GET /big?5000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    const size_t head = answer_size() - 5 + 6;
    CHECK(client.receive(head + 5'000'000).size() == head + 5'000'000);
    client.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    client.send(std::string(3'000'000, 'u'));
    CHECK(client.receive(answer_size() + 6).find("got 3000000") != std::string::npos);
  }

  TEST_CASE("tls: answers that join one that could not be sent leave whole, in order") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    Wishes wishes;
    wishes.receive_buffer = 4096;
    TlsClient client(server.address(), certificates.authority(), wishes);
    uint64_t asked = 0;
    uint64_t sent = 0;
    for (int unsent = 0; unsent < 20 && asked < 10'000;) {
      client.send("GET /big?10000 HTTP/1.1\r\nHost: a\r\n\r\n");
      ++asked;
      REQUIRE(becomes_true([&] { return server.counters().requests == asked; }));
      const uint64_t now = server.counters().bytes_out;
      unsent = now == sent ? unsent + 1 : 0;
      sent = now;
    }
    CHECK(asked < 10'000);
    for (uint64_t i = 0; i < asked; ++i) {
      REQUIRE(statuses(client.receive_through("\r\n\r\n")) == "200");
      REQUIRE(client.receive_through(std::string(10'000, 'x')).size() == 10'000);
    }
  }

  TEST_CASE("tls: the end is announced, so that nobody can cut an answer unseen") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    TlsClient client(server.address(), certificates.authority());
    client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = client.receive(100'000);
    CHECK(answer.substr(answer.size() - 4) == "\nbye");
  }

  TEST_CASE("tls: a client that ends without a farewell gets the answer that it waits for") {
    const Certificates certificates;
    TestServer server(tls_options(certificates));
    TlsClient client(server.address(), certificates.authority());
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto responder = server.handler.take_responder();
    client.socket().half_close();
    TlsClient other(server.address(), certificates.authority());
    CHECK(statuses(other.send(kGet).receive(answer_size())) == "200");  // of the one worker
    responder->send(make_response(200, "later"));
    CHECK(client.receive(answer_size()).find("later") != std::string::npos);
  }

  TEST_CASE("tls: the whole chain of the certificate file is sent") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    CHECK(TlsClient(TestServer(options).address(), certificates.authority()).chain_length() == 1);
    options.tls.certificate = certificates.copy("server", "chain");
    std::ofstream(options.tls.certificate, std::ios::app)
        << std::ifstream(certificates.authority()).rdbuf();
    const TestServer server(options);
    CHECK(TlsClient(server.address(), certificates.authority()).chain_length() == 2);
  }

  TEST_CASE("tls: ALPN chooses http/1.1, and nothing else") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    Wishes wishes;
    wishes.protocols = "\x02h2\x08http/1.1";
    TlsClient both(server.address(), certificates.authority(), wishes);
    REQUIRE(both.connected());
    CHECK(both.protocol() == "http/1.1");
    wishes.protocols = "\x02h2";
    CHECK_FALSE(TlsClient(server.address(), certificates.authority(), wishes).connected());
  }

  TEST_CASE("tls: with a client CA only its clients are served") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.tls.client_ca = certificates.authority();
    const TestServer server(options);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      CHECK(asked_by(server, certificates, "", version).empty());
      CHECK(asked_by(server, certificates, "stranger", version).empty());
      CHECK(asked_by(server, certificates, "client", version) == "200");
    }
  }

  TEST_CASE("tls: a client of the client CA may resume its session") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.tls.client_ca = certificates.authority();
    const TestServer server(options);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Wishes wishes;
      wishes.version = version;
      wishes.certificate = certificates.certificate("client");
      wishes.key = certificates.key("client");
      TlsClient first(server.address(), certificates.authority(), wishes);
      CHECK(statuses(first.send(kGet).receive(answer_size())) == "200");
      CHECK_FALSE(first.resumed());
      CHECK(first.authorities() == 1);
      wishes.resume = first.resumable();
      TlsClient again(server.address(), certificates.authority(), wishes);
      CHECK(statuses(again.send(kGet).receive(answer_size())) == "200");
      CHECK(again.resumed());
    }
  }

  TEST_CASE("tls: reload takes a new client CA, and keeps the clients of the old one") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.tls.client_ca = certificates.copy("authority", "clients");
    const TestServer server(options);
    Wishes wishes;
    wishes.certificate = certificates.certificate("client");
    wishes.key = certificates.key("client");
    TlsClient before(server.address(), certificates.authority(), wishes);
    CHECK(statuses(before.send(kGet).receive(answer_size())) == "200");
    CHECK(asked_by(server, certificates, "stranger", TLS1_3_VERSION).empty());
    certificates.copy("stranger", "clients");  // which signed itself
    CHECK(server.server->reload_tls().ok());
    CHECK(asked_by(server, certificates, "stranger", TLS1_3_VERSION) == "200");
    CHECK(asked_by(server, certificates, "client", TLS1_3_VERSION).empty());
    CHECK(statuses(before.send(kGet).receive(answer_size())) == "200");
  }

  TEST_CASE("tls: a slow reader of a large answer costs no CPU and delays nobody") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    TlsClient slow(server.address(), certificates.authority());
    slow.send("GET /big?67108864 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().bytes_out > 100'000; }));
    TlsClient other(server.address(), certificates.authority());
    CHECK(statuses(other.send(kGet).receive(answer_size())) == "200");
    const auto before = cpu_time();
    CHECK_FALSE(other.socket().wait_readable(std::chrono::milliseconds(500)));
    CHECK(cpu_time() - before < std::chrono::milliseconds(100));
    for (int i = 0; i < 100; ++i) {
      REQUIRE(statuses(other.send(kGet).receive(answer_size())) == "200");
    }
    const size_t whole = answer_size() - 5 + 7 + 67'108'864;
    CHECK(slow.receive(whole).size() == whole);
  }

  TEST_CASE("tls: reload takes new certificates, keeps old connections, and survives bad files") {
    Certificates certificates;
    const TestServer server(tls_options(certificates));
    TlsClient before(server.address(), certificates.authority());
    CHECK(before.server_name() == "server");
    certificates.issue("server", "renewed");
    CHECK(server.server->reload_tls().ok());
    CHECK(TlsClient(server.address(), certificates.authority()).server_name() == "renewed");
    CHECK(statuses(before.send(kGet).receive(answer_size())) == "200");
    certificates.spoil("server");
    const Outcome outcome = server.server->reload_tls();
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().message.find(certificates.certificate("server")) != std::string::npos);
    CHECK(TlsClient(server.address(), certificates.authority()).server_name() == "renewed");
  }

  TEST_CASE("tls: clients that stall in the handshake delay nobody") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    const std::vector<RawClient> silent = stalled_in_handshake(server);
    TlsClient client(server.address(), certificates.authority());
    CHECK(statuses(client.send(kGet).receive(answer_size())) == "200");
    CHECK(server.counters().connections == silent.size() + 1);  // all of them still stall
  }

  TEST_CASE("tls: clients that stall in the handshake are cut") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.head_timeout = std::chrono::milliseconds(100);
    const TestServer server(options);
    std::vector<RawClient> silent = stalled_in_handshake(server);
    for (RawClient &one : silent) CHECK(one.receive_all().find("...") == std::string::npos);
  }

  TEST_CASE("tls: connections too many are closed without a handshake, and make room again") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.max_connections = 1;
    const TestServer server(options);
    {
      TlsClient first(server.address(), certificates.authority());
      CHECK(statuses(first.send(kGet).receive(answer_size())) == "200");
      CHECK_FALSE(TlsClient(server.address(), certificates.authority()).connected());
    }
    CHECK(becomes_true([&] { return server.counters().connections == 0; }));
    CHECK(TlsClient(server.address(), certificates.authority()).connected());
  }

  TEST_CASE("tls: clients that abort or speak plain text harm nobody") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    CHECK(server.connect().send(kGet).receive_all().find("HTTP") == std::string::npos);
    for (int i = 0; i < 20; ++i) {
      TlsClient client(server.address(), certificates.authority());
      client.send("GET /big?1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
      client.socket().reset();
    }
    CHECK(becomes_true([&] { return server.counters().connections == 0; }));
    TlsClient client(server.address(), certificates.authority());
    CHECK(statuses(client.send(kGet).receive(answer_size())) == "200");
  }

  TEST_CASE("tls: files that cannot be used are named at the start") {
    TestHandler handler;
    ServerOptions options;
    options.listen = {{"127.0.0.1:0", &handler, true}};
    options.tls = {"/nonexistent/cert.pem", "/nonexistent/key.pem", ""};
    const auto server = Server::start(options);
    REQUIRE_FALSE(server.ok());
    CHECK(server.error().message.find("read certificate '/nonexistent/cert.pem'") == 0);
  }
}
