// SPDX-License-Identifier: Apache-2.0
// The classic API on a real store behind real sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/classic/handler.hpp"
#include "core/http/server.hpp"
#include "tests/core/store/support/stores.hpp"

namespace navistore::classic::testing {

class Served {
 public:
  explicit Served(const host::Backend &backend, Options options = {});

  // One request over a connection of its own: the status and the body, "200 OK". Where status is
  // not 200, the page's title is shown for the body: "404 No Such Resource".
  std::string ask(const std::string &method, const std::string &target,
                  const std::string &body = {}, const std::vector<std::string> &fields = {});
  // The whole answer to bytes as they are.
  std::string send(const std::string &bytes);

  store::Store &store() { return *store_; }
  http::Handler &handler() { return handler_; }
  replication::Replication &replication() { return *replication_; }
  std::string url() const { return "http://" + server_->addresses().front(); }

 private:
  const store::testing::ScratchDirectory directory_;
  const std::unique_ptr<store::Store> store_;
  const std::unique_ptr<replication::Replication> replication_;
  Handler handler_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace navistore::classic::testing
