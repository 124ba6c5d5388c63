// SPDX-License-Identifier: Apache-2.0
// Peers over TLS, and peers that want a token.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/integration/replication/cluster.hpp"
#include "tests/integration/replication/listening.hpp"

using namespace navistore::test;
using navistore::http::testing::Certificates;

namespace {

// A server that speaks /v1 over TLS; its classic listener shows what it has.
class TlsPeer {
 public:
  TlsPeer(const Certificates &certificates, const std::vector<std::string> &further) {
    std::vector<std::string> arguments{"--backend",        "memory",
                                       "--data-dir",       dir_ / "data",
                                       "--conformance",    "skip",
                                       "--log-level",      "error",
                                       "--classic-listen", "127.0.0.1:0",
                                       "--tls-cert",       certificates.certificate("server"),
                                       "--tls-key",        certificates.key("server")};
    arguments.insert(arguments.end(), further.begin(), further.end());
    server_ = std::make_unique<ServerProcess>(arguments);
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_->port(0)); }
  std::string get(const std::string &key) {
    HttpClient client(server_->port(1));
    return client.request("GET", "/" + key).value_or(HttpAnswer{}).body;
  }

 private:
  const ScratchDir dir_;
  std::unique_ptr<ServerProcess> server_;
};

void push(Node &source, const std::string &url, const std::string &more = {}) {
  const std::string peers = R"([{"id":"p0","url":")" + url + "\"" + more + "}]";
  REQUIRE(source.request("PUT", "/v1/replication/peers", peers).status == 200);
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("secure: a peer over TLS is checked against the CA that the operator names") {
  Certificates certificates;
  certificates.issue("server", "127.0.0.1");
  TlsPeer peer(certificates, {});
  Node source("memory", {"--peer-ca", certificates.authority()});
  source.request("PUT", "/v1/kv/a", "1");
  push(source, peer.url());
  CHECK(eventually([&] { return peer.get("a") == "1"; }));
  Node stranger("memory", {"--peer-ca", certificates.certificate("stranger")});
  stranger.request("PUT", "/v1/kv/b", "1");
  push(stranger, peer.url());
  CHECK(eventually([&] {
    return stranger.status("last_error").find("SSL peer certificate") != std::string::npos;
  }));
  CHECK(stranger.status("state") == "retrying");
  CHECK(peer.get("b") != "1");
}

TEST_CASE("secure: a peer that asks for a certificate is shown the server's own") {
  Certificates certificates;
  certificates.issue("server", "127.0.0.1");
  TlsPeer peer(certificates, {"--tls-client-ca", certificates.authority()});
  const ScratchDir dir;
  const std::vector<std::string> plain{
      "--data-dir",  dir / "data", "--conformance", "skip",
      "--log-level", "error",      "--peer-ca",     certificates.authority()};
  {
    ServerProcess source(plain);
    HttpClient client(source.port());
    const std::string peers = R"([{"id":"p0","url":")" + peer.url() + "\"}]";
    REQUIRE(client.request("PUT", "/v1/replication/peers", peers)->status == 200);
    REQUIRE(client.request("PUT", "/v1/kv/a", "1")->status == 201);
    CHECK(eventually([&] {
      const std::string status = client.request("GET", "/v1/replication/status")->body;
      return status.find(R"("state":"retrying")") != std::string::npos;
    }));
    CHECK(peer.get("a") != "1");
    source.signal(SIGTERM);
    REQUIRE(source.wait() == 0);
  }
  std::vector<std::string> secured = plain;
  secured.insert(secured.end(), {"--tls-cert", certificates.certificate("client"), "--tls-key",
                                 certificates.key("client")});
  const ServerProcess source(secured);
  CHECK(eventually([&] { return peer.get("a") == "1"; }));
}

TEST_CASE("secure: a peer's name is checked, too") {
  Certificates certificates;
  certificates.issue("server", "elsewhere");
  TlsPeer peer(certificates, {});
  Node source("memory", {"--peer-ca", certificates.authority()});
  source.request("PUT", "/v1/kv/a", "1");
  push(source, peer.url());
  CHECK(eventually([&] {
    return source.status("last_error").find("SSL peer certificate") != std::string::npos;
  }));
  CHECK(peer.get("a") != "1");
}

TEST_CASE("secure: the token is read from its file for each call, and never missing silently") {
  Node source("memory");
  Listening peer;
  const std::string file = source.directory().file("token", "first\n");
  source.request("PUT", "/v1/kv/a", "1");
  push(source, peer.url(), R"(,"token_file":")" + file + "\"");
  CHECK(peer.next_head().find("\r\nAuthorization: Bearer first\r\n") != std::string::npos);
  source.directory().file("token", "second\n");
  CHECK(eventually([&] {
    return peer.next_head().find("\r\nAuthorization: Bearer second\r\n") != std::string::npos;
  }));
  REQUIRE(std::remove(file.c_str()) == 0);
  CHECK(eventually([&] {
    peer.answer_waiting();
    return source.status("last_error").find("no token can be read from") != std::string::npos;
  }));
  CHECK(source.status("state") == "retrying");
}

TEST_SUITE_END();
