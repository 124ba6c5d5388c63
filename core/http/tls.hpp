// SPDX-License-Identifier: Apache-2.0
// TLS 1.2 and 1.3 on non-blocking sockets. Nothing here waits: a client that stalls in its
// handshake delays nobody.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "core/http/server.hpp"
#include "core/http/socket.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"

namespace navistore::http {

struct TlsFree {
  void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
  void operator()(SSL *session) const { SSL_free(session); }
};

using TlsContext = std::unique_ptr<SSL_CTX, TlsFree>;

// Reads certificate chain, key and client CA. kInvalid: names the file that cannot be used.
Result<TlsContext> load_tls(const TlsOptions &options);

// The TLS side of one connection. [worker]
class TlsSession {
 public:
  // Keeps context alive. Throws std::runtime_error when OpenSSL has no memory.
  TlsSession(SSL_CTX &context, int fd);

  // kDone: the peer is known and application data may flow.
  Transfer::Status handshake();
  bool established() const { return established_; }
  Transfer receive(char *buffer, size_t size);
  // Sends from the first pieces; kDone may mean a part.
  Transfer send(const iovec *pieces, int count);
  uint64_t sent() const;  // bytes of records, ever
  // Tells the peer that nothing more will come.
  void close();
  // After kAgain: it was for want of room to write, whatever was called.
  bool wants_write() const { return wants_write_; }

 private:
  Transfer::Status failure(int result);

  std::unique_ptr<SSL, TlsFree> session_;
  bool established_ = false;
  bool wants_write_ = false;
};

// The context that new connections use. [any thread]
class TlsKeeper {
 public:
  explicit TlsKeeper(TlsOptions options) : options_(std::move(options)) {}
  // Loads the files again; on failure the old context stays.
  Outcome reload() NAVISTORE_EXCLUDES(mutex_);
  std::unique_ptr<TlsSession> begin(int fd) NAVISTORE_EXCLUDES(mutex_);

 private:
  const TlsOptions options_;
  Mutex mutex_;
  TlsContext context_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::http
