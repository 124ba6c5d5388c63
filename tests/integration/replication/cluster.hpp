// SPDX-License-Identifier: Apache-2.0
// Servers that push to one another, and what a test asks of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/cut_proxy.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

namespace navistore::test {

// One server behind a proxy: its address stays when it is killed and started again.
class Node {
 public:
  explicit Node(std::string backend, std::vector<std::string> further = {});

  const ScratchDir &directory() const { return dir_; }
  uint16_t port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(proxy_->port()); }
  CutProxy &cable() { return *proxy_; }
  void kill() { server_->kill_hard(); }
  void stop();  // in good order
  void start();

  // One request over a connection of its own; status 0: no answer.
  HttpAnswer request(const std::string &method, const std::string &target,
                     const std::string &body = {}, const std::vector<std::string> &fields = {});
  void push_to(const std::vector<const Node *> &peers);  // named p0, p1, ...
  // A member of the first peer's status, as text.
  std::string status(const std::string &member, size_t peer = 0);
  std::string received(const std::string &member);
  // "key=value\n" for every item.
  std::string contents();

 private:
  const std::string backend_;
  const std::vector<std::string> further_;
  ScratchDir dir_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<CutProxy> proxy_;
};

// Waits until the condition holds, at most two minutes; false when it never did.
bool eventually(const std::function<bool()> &condition);
bool same_contents(const std::vector<Node *> &nodes);
// No server lags, and none sends any more: nothing is on its way.
bool at_rest(const std::vector<Node *> &nodes);

}  // namespace navistore::test
