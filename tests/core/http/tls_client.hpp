// SPDX-License-Identifier: Apache-2.0
// A blocking TLS client that trusts one authority.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "tests/core/http/raw_client.hpp"

namespace navistore::http::testing {

// How a client speaks TLS.
struct Wishes {
  int version = TLS1_3_VERSION;
  std::string protocols;  // ALPN
  std::string certificate;
  std::string key;
  std::shared_ptr<SSL_SESSION> resume;  // an earlier client's
  int receive_buffer = 0;               // 0: the system's
};

class TlsClient {
 public:
  // authority: a PEM file.
  TlsClient(const std::string &address, const std::string &authority, const Wishes &wishes = {});

  bool connected() const { return connected_; }
  RawClient &socket() { return socket_; }
  std::string version() const { return SSL_get_version(session_.get()); }
  std::string protocol() const;     // that ALPN chose
  std::string server_name() const;  // of its certificate
  int chain_length() const;         // certificates that the server sent
  int authorities() const;          // that the server named for certificates of clients
  // Once something was received.
  std::shared_ptr<SSL_SESSION> resumable() const;
  bool resumed() const { return SSL_session_reused(session_.get()) == 1; }

  TlsClient &send(const std::string &bytes);
  // At least size bytes, fewer when the server closed; "!" is added for a failure.
  std::string receive(size_t size);
  // Through the first occurrence of mark, or all that came until the server closed.
  std::string receive_through(const std::string &mark);

 private:
  struct Free {
    void operator()(SSL *session) const { SSL_free(session); }
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
  };

  RawClient socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_;
  bool connected_ = false;
  std::string unread_;  // came behind a mark
};

}  // namespace navistore::http::testing
