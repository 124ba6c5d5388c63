// SPDX-License-Identifier: Apache-2.0
// Listening sockets: TCP over IPv4 and IPv6, and unix sockets.
#pragma once

#include <sys/socket.h>

#include <string>

#include "core/descriptor.hpp"
#include "core/http/connection.hpp"
#include "core/http/server.hpp"
#include "core/http/socket.hpp"
#include "core/result.hpp"

namespace navistore::http {

// One socket that all workers accept from. Not one a worker (SO_REUSEPORT): that would let a second
// server take the same port by mistake, and would lose connections of a worker that is stopped.
class Listener {
 public:
  // kInvalid: the address makes no sense; kIo: it cannot be bound.
  static Result<Listener> open(const ListenOptions &options, int backlog);
  ~Listener() { close(); }
  Listener(Listener &&other) noexcept;
  Listener &operator=(Listener &&) = delete;

  int descriptor() const { return socket_.get(); }
  const std::string &address() const { return address_; }  // with the port that the kernel chose
  Handler &handler() const { return *options_.handler; }
  bool tls() const { return options_.tls; }
  // New connections are refused by the kernel from now on; a unix socket's file is removed.
  void close();

 private:
  Listener(ListenOptions options, Descriptor socket, std::string path);

  ListenOptions options_;
  Descriptor socket_;
  std::string address_;
  std::string path_;  // of a unix socket
};

struct Accepted {
  Descriptor socket;
  sockaddr_storage peer{};
  int error = 0;  // errno where socket is not valid
};

Accepted accept_from(int listening);
Origin origin_of(const sockaddr_storage &peer);

}  // namespace navistore::http
