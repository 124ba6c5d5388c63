// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/http/message.hpp"
#include "core/result.hpp"

namespace navistore::http {

// Certificates in PEM files; client_ca not empty: clients must present a certificate that it
// signed.
struct TlsOptions {
  std::string certificate;
  std::string key;
  std::string client_ca;
};

// "127.0.0.1:8787", "[::1]:0", "localhost:8787" or "unix:/run/navistore.sock".
struct ListenOptions {
  std::string address;
  Handler *handler = nullptr;  // borrowed; outlives the server
  bool tls = false;            // uses ServerOptions::tls
};

struct ServerOptions {
  std::vector<ListenOptions> listen;
  TlsOptions tls;
  unsigned threads = 0;  // 0: one a core
  int backlog = 4096;
  size_t max_connections = 20'000;
  size_t max_uri_bytes = size_t{16} * 1024;
  size_t max_header_bytes = size_t{16} * 1024;
  size_t max_header_lines = 100;
  size_t max_pipelined = 128;  // deferred answers in flight a connection
  size_t output_high_bytes =
      size_t{1024} * 1024;  // queued output a connection: above it reading stops
  size_t output_low_bytes = size_t{256} * 1024;
  uint64_t max_gathered_bytes =
      uint64_t{128} * 1024 * 1024;  // of request bodies that are being received, on all connections
  std::chrono::milliseconds head_timeout{10'000};  // also the TLS handshake
  std::chrono::milliseconds body_timeout{10'000};  // without any byte
  uint64_t min_body_rate = 1'000;  // bytes a second on the whole, after body_timeout
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds write_timeout{20'000};  // the client takes nothing
  uint64_t min_write_rate = 1'000;  // bytes a second in each write_timeout that output waits
};

// Whether a server could be told this address: its form, and that its host is known. Binds nothing.
// kInvalid says what is wrong with it.
Outcome check_address(const std::string &address);

// Reads the files as a server will. What is no regular file may be read only once, and is left to
// it. kInvalid names the file.
Outcome check_tls(const TlsOptions &options);

struct ServerCounters {
  uint64_t connections = 0;  // open now
  uint64_t accepted = 0;
  uint64_t refused_connections = 0;
  uint64_t moved_connections = 0;  // from worker to worker, after their packets
  uint64_t requests = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t gathered_bytes = 0;  // of request bodies that are being received now
  uint64_t refused_bodies = 0;  // for want of room among them
};

// The HTTP/1.1 engine: Pistache's reactor and workers carry our connections.
class Server {
 public:
  // Binds and starts the workers. kInvalid: an address or option is wrong; kIo: cannot listen
  // (names the address).
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  virtual ~Server() = default;  // closes everything at once

  // Where it listens, in the order of options.listen, with the ports that the kernel chose.
  virtual std::vector<std::string> addresses() const = 0;
  // Stops accepting, closes idle connections, finishes running requests, then closes what is left
  // at the limit. Blocks. Returns true when nothing had to be cut.
  virtual bool drain(std::chrono::milliseconds limit) = 0;
  // Reads certificates and CA again; on failure the old ones stay. New connections use the new
  // ones.
  virtual Outcome reload_tls() = 0;
  virtual ServerCounters counters() const = 0;
};

}  // namespace navistore::http
