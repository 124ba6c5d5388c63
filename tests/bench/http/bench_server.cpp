// SPDX-License-Identifier: Apache-2.0
// What http_bench measures where no backend is wanted: the engine before a small sharded map.
// usage: http-bench-server [--tls CERTIFICATE KEY]; prints its address, runs until SIGTERM.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/http/server.hpp"

namespace {

using namespace navistore::http;

constexpr std::string_view kPrefix = "/v1/kv/";

class Map {
 public:
  bool get(const std::string &key, std::string &value) {
    Shard &shard = of(key);
    const std::shared_lock lock(shard.mutex);
    const auto found = shard.values.find(key);
    if (found == shard.values.end()) return false;
    value.assign(found->second);
    return true;
  }
  void put(const std::string &key, std::string value) {
    Shard &shard = of(key);
    const std::unique_lock lock(shard.mutex);
    shard.values[key] = std::move(value);
  }

 private:
  struct Shard {
    std::shared_mutex mutex;
    std::unordered_map<std::string, std::string> values;
  };
  Shard &of(const std::string &key) { return shards_[std::hash<std::string>{}(key) % 64]; }

  std::array<Shard, 64> shards_;
};

class MapHandler final : public Handler {
 public:
  BodyPlan plan(const Request &) override { return {BodyPlan::Mode::kGather, 64U << 20}; }

  void handle(Exchange &exchange) override {
    const Request &request = exchange.request();
    Response &response = exchange.response();
    if (request.path.substr(0, kPrefix.size()) != kPrefix) {
      response.status = 404;
      return;
    }
    thread_local std::string key;
    key.assign(request.path.substr(kPrefix.size()));
    if (request.method == Method::kPut) {
      map_.put(key, exchange.take_body());
    } else if (!map_.get(key, response.body)) {
      response.status = 404;
    } else {
      response.field("Content-Type", "application/octet-stream");
    }
  }

  void refuse(const Refusal &refusal, Response &response) override {
    response.body = refusal.detail;
  }

 private:
  Map map_;
};

}  // namespace

int main(int argc, char **argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  MapHandler handler;
  ServerOptions options;
  const bool tls = argc == 4 && std::strcmp(argv[1], "--tls") == 0;
  options.listen = {{"127.0.0.1:0", &handler, false}};
  if (tls) {
    options.listen.push_back({"127.0.0.1:0", &handler, true});
    options.tls = {argv[2], argv[3], ""};
  }
  const auto server = Server::start(options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  for (const std::string &address : server.value()->addresses()) std::puts(address.c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}
