// SPDX-License-Identifier: Apache-2.0
// The original's HTTP API on a store: one key a path, plain values, HTML for what went wrong.
#pragma once

#include <cstdint>
#include <memory>

#include "core/gate.hpp"
#include "core/http/message.hpp"
#include "core/replication/replication.hpp"
#include "core/store/store.hpp"

namespace navistore::classic {

struct Options {
  enum class Writes : uint8_t { kAccepted, kRefused } writes = Writes::kAccepted;  // of clients
  // Who may wipe the store: any web page can make a browser fire a GET.
  enum class Reset : uint8_t { kLoopback, kAllowed } reset = Reset::kLoopback;
};

class Handler final : public http::Handler {
 public:
  // store and replication are borrowed and outlive the handler; the HTTP server is stopped before.
  Handler(store::Store &store, replication::Replication &replication, Options options)
      : store_(store), replication_(replication), options_(options) {}
  ~Handler() override { stop(); }
  Handler(const Handler &) = delete;
  Handler &operator=(const Handler &) = delete;

  http::BodyPlan plan(const http::Request &head) override;
  void handle(http::Exchange &exchange) override;
  void refuse(const http::Refusal &refusal, http::Response &response) override;

  // From now on no other thread works on a request; waits for those that do. Who waited for one, or
  // for the store, gets no answer. [any thread]
  void stop() { gate_->close(); }

 private:
  store::Store &store_;
  replication::Replication &replication_;
  const Options options_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

}  // namespace navistore::classic
