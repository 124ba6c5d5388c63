// SPDX-License-Identifier: Apache-2.0
// Connections without a socket: a test says what comes in, what is taken out, and what time it is.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/connection.hpp"
#include "tests/core/http/test_server.hpp"

namespace navistore::http::testing {

// What the connections of one worker share. The time stands still until workspace.now_ms is set.
struct Bench {
  explicit Bench(const ServerOptions &server_options = {}) : options(server_options) {}
  ~Bench() { workspace.mailbox->close(); }  // as a worker does: letters hold their mailbox
  Bench(const Bench &) = delete;
  Bench &operator=(const Bench &) = delete;

  const ServerOptions options;
  std::atomic<bool> draining{false};
  BodyBudget bodies{options.max_gathered_bytes};
  Workspace workspace{options, draining, bodies, std::make_shared<Mailbox>()};
  TestHandler handler;
};

// One connection of a bench, which outlives it. Its answers have no Date.
class Conversation final : public Carrier {
 public:
  explicit Conversation(Bench &bench, Origin origin = Origin::kLoopback);
  ~Conversation() override;
  Conversation(const Conversation &) = delete;
  Conversation &operator=(const Conversation &) = delete;

  Connection &connection() { return *connection_; }
  Conversation &say(std::string_view bytes);
  // Opens the letters that are in the mailbox, those that they cause included.
  void deliver();
  // Takes all that is to be sent, or its first bytes, as if the client had acknowledged them.
  std::string hear();
  std::string hear(size_t bytes);

 private:
  void attend() override {}
  Wire wire() const override { return {taken_, 0}; }

  Bench &bench_;
  const std::shared_ptr<Connection> connection_;
  uint64_t taken_ = 0;  // bytes
};

}  // namespace navistore::http::testing
