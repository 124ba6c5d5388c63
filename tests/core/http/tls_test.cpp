// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/core/http/test_server.hpp"

using namespace navistore;
using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

struct Free {
  void operator()(SSL *session) const { SSL_free(session); }
  void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
};

// How a client speaks TLS.
struct Wishes {
  int version = TLS1_3_VERSION;
  std::string protocols;  // ALPN
  std::string certificate;
  std::string key;
};

class TlsClient {
 public:
  TlsClient(const std::string &address, const std::string &authority, const Wishes &wishes = {})
      : socket_(address), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), wishes.version);
    SSL_CTX_set_max_proto_version(context_.get(), wishes.version);
    SSL_CTX_load_verify_file(context_.get(), authority.c_str());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (!wishes.certificate.empty()) {
      SSL_CTX_use_certificate_file(context_.get(), wishes.certificate.c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context_.get(), wishes.key.c_str(), SSL_FILETYPE_PEM);
    }
    session_.reset(SSL_new(context_.get()));
    if (!wishes.protocols.empty()) {
      SSL_set_alpn_protos(session_.get(),
                          reinterpret_cast<const unsigned char *>(wishes.protocols.data()),
                          static_cast<unsigned>(wishes.protocols.size()));
    }
    SSL_set_fd(session_.get(), socket_.descriptor());
    connected_ = SSL_connect(session_.get()) == 1;
  }

  bool connected() const { return connected_; }
  RawClient &socket() { return socket_; }
  std::string version() const { return SSL_get_version(session_.get()); }
  std::string protocol() const {
    const unsigned char *name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &length);
    return {reinterpret_cast<const char *>(name), length};
  }
  std::string server_name() const {
    X509 *peer = SSL_get0_peer_certificate(session_.get());
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
    return name;
  }

  TlsClient &send(const std::string &bytes) {
    SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
    return *this;
  }
  // At least size bytes, fewer when the server closed; "!" is added for a failure.
  std::string receive(size_t size) {
    std::string bytes;
    std::vector<char> part(65536);
    while (bytes.size() < size) {
      const int length = SSL_read(session_.get(), part.data(), static_cast<int>(part.size()));
      if (length <= 0) {
        const bool clean = SSL_get_error(session_.get(), length) == SSL_ERROR_ZERO_RETURN;
        return clean ? bytes : bytes + "!";
      }
      bytes.append(part.data(), static_cast<size_t>(length));
    }
    return bytes;
  }

 private:
  RawClient socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_;
  bool connected_ = false;
};

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

  TEST_CASE("tls: the end is announced, so that nobody can cut an answer unseen") {
    const Certificates certificates;
    const TestServer server(tls_options(certificates));
    TlsClient client(server.address(), certificates.authority());
    client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = client.receive(100'000);
    CHECK(answer.substr(answer.size() - 4) == "\nbye");
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
    Wishes wishes;
    for (const std::string name : {"", "stranger", "client"}) {
      wishes.certificate = name.empty() ? "" : certificates.certificate(name);
      wishes.key = name.empty() ? "" : certificates.key(name);
      TlsClient client(server.address(), certificates.authority(), wishes);
      const std::string answer = client.send(kGet).receive(answer_size());
      CHECK(statuses(answer) == (name == "client" ? "200" : ""));
    }
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

  TEST_CASE("tls: clients that stall in the handshake delay nobody, and are cut") {
    const Certificates certificates;
    ServerOptions options = tls_options(certificates);
    options.head_timeout = std::chrono::milliseconds(100);
    const TestServer server(options);
    std::vector<RawClient> silent;
    for (int i = 0; i < 50; ++i) {
      silent.push_back(server.connect());
      silent.back().send(i % 2 == 0 ? "" : "\x16\x03\x01");
    }
    TlsClient client(server.address(), certificates.authority());
    CHECK(statuses(client.send(kGet).receive(answer_size())) == "200");
    for (RawClient &one : silent) CHECK(one.receive_all().find("...") == std::string::npos);
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
