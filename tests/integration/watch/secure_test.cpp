// SPDX-License-Identifier: Apache-2.0
// A whole server whose watchers come over TLS.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/core/http/tls_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using namespace navistore::test;
using navistore::http::testing::Certificates;
using navistore::http::testing::TlsClient;

TEST_SUITE_BEGIN("integration/watch");

TEST_CASE("secure: a stream over TLS ends with its cursor at SIGTERM, and is resumed behind it") {
  const Certificates certificates;
  const ScratchDir dir;
  const std::vector<std::string> arguments{"--backend",     "sqlite",
                                           "--data-dir",    dir / "data",
                                           "--conformance", "skip",
                                           "--tls-cert",    certificates.certificate("server"),
                                           "--tls-key",     certificates.key("server")};
  std::string cursor;
  {
    ServerProcess server(arguments);
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    TlsClient watcher(address, certificates.authority());
    watcher.send("GET /v1/watch HTTP/1.1\r\nHost: x\r\n\r\n");
    watcher.receive_through("\r\n\r\n");
    TlsClient writer(address, certificates.authority());
    writer.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
    CHECK(watcher.receive_through("\n\n").find("id: ") != std::string::npos);  // the start's own
    CHECK(watcher.receive_through("\n\n").find("event: put") != std::string::npos);
    server.signal(SIGTERM);
    const std::string rest = watcher.receive(1'000'000);
    const size_t id = rest.find("id: ");
    REQUIRE(id != std::string::npos);
    cursor = rest.substr(id + 4, rest.find('\n', id) - id - 4);
    CHECK(rest.find("event: progress") != std::string::npos);
    CHECK(rest.substr(rest.size() - 5) == "0\r\n\r\n");  // and no "!": TLS was ended, too
    CHECK(server.wait() == 0);
  }
  ServerProcess server(arguments);
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  TlsClient writer(address, certificates.authority());
  writer.send("PUT /v1/kv/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
  TlsClient watcher(address, certificates.authority());
  watcher.send("GET /v1/watch HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " + cursor + "\r\n\r\n");
  CHECK(watcher.receive_through("\r\n\r\n").find("200") == 9);
  const std::string event = watcher.receive_through("\"value\":\"2\"}\n\n");
  CHECK(event.find("\"key\":\"b\"") != std::string::npos);
  CHECK(event.find("\"key\":\"a\"") == std::string::npos);
}

TEST_SUITE_END();
