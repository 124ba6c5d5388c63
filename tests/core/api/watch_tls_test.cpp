// SPDX-License-Identifier: Apache-2.0
// GET /v1/watch over TLS.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "core/http/server.hpp"
#include "tests/core/api/driver.hpp"
#include "tests/core/http/certificates.hpp"
#include "tests/core/http/tls_client.hpp"

using navistore::api::ServiceOptions;
using navistore::api::testing::Rig;
using navistore::http::Server;
using navistore::http::ServerOptions;
using navistore::http::testing::Certificates;
using navistore::http::testing::TlsClient;
using navistore::store::testing::memory_backend;

namespace {

ServiceOptions restless() {
  ServiceOptions options;
  options.progress_every = std::chrono::milliseconds(20);
  return options;
}

std::unique_ptr<Server> serve(Rig &rig, const Certificates &certificates) {
  ServerOptions options;
  options.listen.push_back({"127.0.0.1:0", &rig.service(), true});
  options.tls = {certificates.certificate("server"), certificates.key("server"), ""};
  options.threads = 2;
  auto started = Server::start(std::move(options));
  REQUIRE(started.ok());
  return std::move(started).value();
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("watch: over TLS events and progress come at once, and a drain ends it with a cursor") {
  const Certificates certificates;
  Rig rig(memory_backend(), {}, restless());
  const auto server = serve(rig, certificates);
  TlsClient client(server->addresses().front(), certificates.authority());
  REQUIRE(client.connected());
  client.send("GET /v1/watch?prefix=a HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.receive_through("\r\n\r\n").substr(0, 15) == "HTTP/1.1 200 OK");
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string id = "id: " + rig.epoch() + ".";
  const std::string event = client.receive_through("\"value\":\"1\"}\n\n");
  CHECK(event.find(id + "1\nevent: put\n") != std::string::npos);
  rig.ask("PUT /v1/kv/b\n\n2");  // is not watched, and moves the cursor
  const std::string heartbeat = id + "2\nevent: progress\n";
  CHECK(client.receive_through(heartbeat).find(heartbeat) != std::string::npos);
  rig.service().set_draining();
  CHECK(server->drain(std::chrono::seconds(20)));
  const std::string rest = client.receive(1'000'000);  // until the server closes
  CHECK(rest.find(heartbeat) != std::string::npos);
  CHECK(rest.substr(rest.size() - 5) == "0\r\n\r\n");  // the last chunk, then TLS's own end
}

TEST_SUITE_END();
