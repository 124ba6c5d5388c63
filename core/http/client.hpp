// SPDX-License-Identifier: Apache-2.0
// A connected socket and the connection that speaks on it: moves bytes between the two. It is the
// Pistache peer that the worker's handler gets its input from. [worker]
#pragma once

#include <pistache/peer.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "core/descriptor.hpp"
#include "core/http/connection.hpp"
#include "core/http/socket.hpp"
#include "core/http/tls.hpp"

namespace navistore::http {

class Client;

// What a client needs of its worker.
class ClientHost {
 public:
  virtual ~ClientHost() = default;
  virtual void watch_writable(Client &client) = 0;  // from now on, edge-triggered
  virtual void attend(Client &client) = 0;          // run() after the current batch of events
  virtual void yield(Client &client) = 0;           // run() after the other clients had their turn
  virtual void input(Client &client, std::string_view bytes) = 0;
  virtual void remove(Client &client) = 0;  // the end of client
};

// A connected socket between two workers.
struct Guest {
  enum class Admission : uint8_t { kAdmitted, kRefused };  // kRefused: is only told so
  Descriptor socket;
  Handler *handler = nullptr;
  Origin origin = Origin::kRemote;
  Admission admission = Admission::kAdmitted;
  bool secure = false;              // speaks TLS
  std::unique_ptr<TlsSession> tls;  // null although secure: does not speak it yet
};

class Client final : public Pistache::Tcp::Peer, public Carrier {
 public:
  // tag: names this client, and no earlier one, in events.
  Client(int fd, ClientHost &host, Workspace &workspace, Handler &handler, Origin origin,
         uint64_t tag);
  ~Client() override = default;
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  // Before the first run(): everything goes through tls, after its handshake.
  void secure(std::unique_ptr<TlsSession> tls) { tls_ = std::move(tls); }

  // Generation (24 bits, never 0) and place (32 bits). Pistache takes the highest 8.
  uint64_t tag() const { return tag_; }
  static size_t place_of(uint64_t tag) { return static_cast<uint32_t>(tag); }
  size_t place() const { return place_of(tag_); }
  Connection &connection() { return *connection_; }

  struct Readiness {
    bool readable = false;
    bool writable = false;
    bool hangup = false;  // of either side
  };
  void ready(const Readiness &readiness);
  // Sends and receives what can be, within a quantum.
  void run();
  void tick();
  void close();  // the descriptor; once
  // Whether it could go on elsewhere, and that: the end of this one, which closes nothing.
  bool movable() const;
  Guest leave();
  // Times that it had something to do since the last call.
  uint32_t take_events() { return std::exchange(events_, 0); }
  void attend() override { host_.attend(*this); }
  Wire wire() const override;

  bool awaits_attention = false;  // the host's

 private:
  bool shake_hands();
  void flush();
  void read();
  void conclude();
  void watch_writable();

  ClientHost &host_;
  Workspace &workspace_;
  const std::shared_ptr<Connection> connection_;
  const uint64_t tag_;
  std::unique_ptr<TlsSession> tls_;
  const int64_t connected_ms_;
  uint64_t sent_ = 0;               // bytes, where there is no TLS
  int64_t lingering_since_ms_ = 0;  // 0: not lingering
  uint32_t events_ = 0;
  bool readable_ = true;  // the socket may hold more than was read: edges do not repeat
  bool ended_ = false;    // a FIN is, or was, to be read
  bool write_blocked_ = false;
  bool watches_writable_ = false;
  bool broken_ = false;
};

}  // namespace navistore::http
