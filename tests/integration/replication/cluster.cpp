// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/replication/cluster.hpp"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "core/json/value.hpp"
#include "tests/support/eventually.hpp"

namespace navistore::test {
namespace {

const json::Value *member(const json::Value &value, const std::string &name) {
  const json::Value::Object *members = value.object();
  if (members == nullptr) return nullptr;
  for (const json::Member &one : *members) {
    if (one.name == name) return &one.value;
  }
  return nullptr;
}

std::string text_of(const json::Value *value) {
  if (value == nullptr) return "missing";
  if (value->is_null()) return "null";
  if (value->string() != nullptr) return *value->string();
  if (value->integer() != nullptr) return std::to_string(*value->integer());
  return "other";
}

}  // namespace

Node::Node(std::string backend, std::vector<std::string> further)
    : backend_(std::move(backend)), further_(std::move(further)) {
  start();
}

void Node::stop() {
  server_->signal(SIGTERM);
  if (server_->wait() != 0) throw std::runtime_error("the server did not end well");
}

void Node::start() {
  std::vector<std::string> arguments{"--backend",     backend_, "--data-dir",  dir_ / "data",
                                     "--conformance", "skip",   "--log-level", "error"};
  arguments.insert(arguments.end(), further_.begin(), further_.end());
  server_ = std::make_unique<ServerProcess>(arguments);
  if (!proxy_) proxy_ = std::make_unique<CutProxy>(server_->port());
  proxy_->lead_to(server_->port());
}

HttpAnswer Node::request(const std::string &method, const std::string &target,
                         const std::string &body, const std::vector<std::string> &fields) {
  HttpClient client(server_->port());
  return client.request(method, target, body, fields).value_or(HttpAnswer{});
}

void Node::push_to(const std::vector<const Node *> &peers) {
  std::string list = "[";
  for (size_t i = 0; i < peers.size(); ++i) {
    if (i != 0) list += ",";
    list += R"({"id":"p)" + std::to_string(i) + R"(","url":")" + peers[i]->url() + R"("})";
  }
  const HttpAnswer answer = request("PUT", "/v1/replication/peers", list + "]");
  if (answer.status != 200) throw std::runtime_error("peers: " + answer.body);
}

std::string Node::status(const std::string &name, size_t peer) {
  const auto status = json::parse(request("GET", "/v1/replication/status").body);
  if (!status) return status.error().message;
  const json::Value *peers = member(status.value(), "peers");
  if (peers == nullptr || peers->array()->size() <= peer) return "no such peer";
  return text_of(member((*peers->array())[peer], name));
}

std::string Node::received(const std::string &name) {
  const auto status = json::parse(request("GET", "/v1/replication/status").body);
  if (!status) return status.error().message;
  const json::Value *received = member(status.value(), "received");
  return received == nullptr ? "missing" : text_of(member(*received, name));
}

std::string Node::contents() {
  std::string out;
  std::string cursor;
  do {
    const std::string from = cursor.empty() ? "" : "&cursor=" + cursor;
    const auto page = json::parse(request("GET", "/v1/kv?include=values&limit=10000" + from).body);
    if (!page) return page.error().message;
    const json::Value *items = member(page.value(), "items");
    if (items == nullptr) return "no items";
    for (const json::Value &item : *items->array()) {
      out += text_of(member(item, "key")) + "=" + text_of(member(item, "value")) + "\n";
    }
    const json::Value *next = member(page.value(), "cursor");
    cursor = next == nullptr || next->is_null() ? "" : text_of(next);
  } while (!cursor.empty());
  return out;
}

bool eventually(const std::function<bool()> &condition) {
  return eventually(condition, std::chrono::minutes(2));
}

bool same_contents(const std::vector<Node *> &nodes) {
  const std::string first = nodes.front()->contents();
  for (Node *node : nodes) {
    if (node->contents() != first) return false;
  }
  return true;
}

bool at_rest(const std::vector<Node *> &nodes) {
  for (Node *node : nodes) {
    for (size_t peer = 0; node->status("id", peer) != "no such peer"; ++peer) {
      if (node->status("lag_revisions", peer) != "0") return false;
      if (node->status("state", peer) != "streaming") return false;
    }
  }
  return true;
}

}  // namespace navistore::test
