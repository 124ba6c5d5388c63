// SPDX-License-Identifier: Apache-2.0
// Connections that are busy go to the worker that has little to do, and whoever asks on them does
// not notice.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/core/http/test_server.hpp"
#include "tests/core/http/tls_client.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kLater = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr size_t kClients = 16;

ServerOptions two_workers() {
  ServerOptions options;
  options.threads = 2;
  return options;
}

std::string body_of(const std::string &answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

// Two requests at once, so that "hello" ends the answers.
template <class Client>
void ask(Client &client) {
  client.send("GET /worker HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
}

template <class Client>
std::string hear_worker(Client &client) {
  const std::string body = body_of(client.receive_through("hello"));
  return body.substr(0, body.find("HTTP/"));
}

template <class Client>
std::string worker_of(Client &client) {
  ask(client);
  return hear_worker(client);
}

// Those of kClients clients that the same worker serves, half of them or more.
template <class Client, class Connect>
std::vector<std::unique_ptr<Client>> clients_of_one_worker(const Connect &connect) {
  std::vector<std::unique_ptr<Client>> first;
  std::vector<std::unique_ptr<Client>> other;
  std::string worker;
  for (size_t i = 0; i < kClients; ++i) {
    auto client = connect();
    const std::string own = worker_of(*client);
    if (worker.empty()) worker = own;
    (own == worker ? first : other).push_back(std::move(client));
  }
  return first.size() >= other.size() ? std::move(first) : std::move(other);
}

// Asks on all of them until somebody else serves one.
template <class Client>
bool somebody_moves(std::vector<std::unique_ptr<Client>> &clients) {
  const std::string worker = worker_of(*clients.front());
  return becomes_true([&] {
    bool moved = false;
    for (int round = 0; round < 50; ++round) {
      for (const auto &client : clients) ask(*client);
      for (const auto &client : clients) moved = hear_worker(*client) != worker || moved;
    }
    return moved;
  });
}

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("moving: the clients of one busy worker are shared with one that has nothing to do") {
  const TestServer server(two_workers());
  auto clients = clients_of_one_worker<RawClient>(
      [&] { return std::make_unique<RawClient>(server.address()); });
  CHECK(somebody_moves(clients));
  CHECK(server.counters().moved_connections > 0);
  CHECK(becomes_true([&] { return server.counters().connections == clients.size(); }));
  clients.clear();
  CHECK(becomes_true([&] { return server.counters().connections == 0; }));
}

TEST_CASE("moving: TLS goes along") {
  const Certificates certificates;
  ServerOptions options = two_workers();
  options.listen = {{"127.0.0.1:0", nullptr, true}};
  options.tls = {certificates.certificate("server"), certificates.key("server"), ""};
  const TestServer server(options);
  auto clients = clients_of_one_worker<TlsClient>(
      [&] { return std::make_unique<TlsClient>(server.address(), certificates.authority()); });
  CHECK(somebody_moves(clients));
  CHECK(server.counters().moved_connections > 0);
}

TEST_CASE("moving: what is under way stays, and its answer comes") {
  TestServer server(two_workers());
  auto clients = clients_of_one_worker<RawClient>(
      [&] { return std::make_unique<RawClient>(server.address()); });
  auto waiting = std::move(clients.back());
  clients.pop_back();
  auto writing = std::move(clients.back());
  clients.pop_back();
  waiting->send(kLater);
  const auto responder = server.handler.take_responder();
  REQUIRE(responder);
  writing->send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  CHECK(somebody_moves(clients));
  responder->send(make_response(200, "late"));
  CHECK(body_of(waiting->receive_answer()) == "late");
  writing->send("cd");
  CHECK(writing->receive_answer().find("abcd") != std::string::npos);
}

TEST_CASE("moving: a drain ends those that moved") {
  const TestServer server(two_workers());
  auto clients = clients_of_one_worker<RawClient>(
      [&] { return std::make_unique<RawClient>(server.address()); });
  CHECK(somebody_moves(clients));
  CHECK(server.server->drain(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience)));
  for (const auto &client : clients) CHECK(client->receive_all().empty());
}

TEST_SUITE_END();
