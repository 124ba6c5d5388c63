// SPDX-License-Identifier: Apache-2.0
// Drives a real Service over a real store in this process: request text in, answer text out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/api/service.hpp"
#include "core/store/store.hpp"
#include "tests/core/store/support/stores.hpp"

namespace navistore::api::testing {

// An answer that may still be on its way.
class Answer {
 public:
  struct State;
  explicit Answer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  bool ready() const;
  std::string text() const;  // waits, at most 20 s, then "unanswered"
  // What the engine tells a waiting request: at shutdown, and when the client went away.
  void drain() const { tell(http::Responder::Gone::kDraining); }
  void disconnect() const { tell(http::Responder::Gone::kClosed); }

 private:
  void tell(http::Responder::Gone how) const;  // waits, at most 20 s, then throws
  std::shared_ptr<State> state_;
};

class Rig {
 public:
  Rig() : Rig(store::testing::memory_backend()) {}
  explicit Rig(const host::Backend &backend, store::StoreOptions store_options = {},
               ServiceOptions service_options = {});
  ~Rig();

  // "PUT /v1/kv/a\nNavi-TTL: 5\n\nbody": a request line without version, fields, then the body.
  // Content-Length is added to a body, and to every PUT without Transfer-Encoding or "No-Length".
  // $E in the text stands for the epoch.
  Answer start(std::string_view request);
  // Status, fields and body: "200\nETag: \"$E.3\"\n\nred". The epoch is shown as $E, what every
  // answer about an item carries as "(item)", revisions in Navi-Revision and the request id not.
  std::string ask(std::string_view request) { return show(start(request).text()); }
  std::string status(std::string_view request) { return ask(request).substr(0, 3); }
  // Only what follows the fields.
  std::string body(std::string_view request);
  // "a=1 b=2"
  std::string dump();
  // Of /metrics, without labels. Throws where there is none of that name.
  uint64_t metric(const std::string &name);

  std::string epoch() const;
  store::Store &store() { return *store_; }
  Service &service() { return *service_; }
  void restart_service(ServiceOptions options);
  void end_service() { service_.reset(); }

 private:
  std::string show(std::string answer) const;

  store::testing::ScratchDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
};

// Every occurrence of from.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace navistore::api::testing
