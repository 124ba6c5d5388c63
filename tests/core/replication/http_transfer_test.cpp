// SPDX-License-Identifier: Apache-2.0
#include "core/replication/http_transfer.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <string>
#include <thread>

using namespace navistore::replication;

namespace {

// Answers one call with a body that comes a byte every 400 ms, or never.
class SlowServer {
 public:
  explicit SlowServer(size_t bytes) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *any = reinterpret_cast<sockaddr *>(&address);
    REQUIRE(::bind(listener_, any, size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, bytes] { serve(bytes); });
  }
  ~SlowServer() {
    ::shutdown(listener_, SHUT_RDWR);  // nobody called
    thread_.join();
    ::close(listener_);
  }
  SlowServer(const SlowServer &) = delete;
  SlowServer &operator=(const SlowServer &) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  void wait_for_call() const { called_.get_future().wait(); }

 private:
  // True: the client went away.
  static bool pause(int client, int for_ms) {
    pollfd gone{client, POLLRDHUP, 0};
    return ::poll(&gone, 1, for_ms) > 0;
  }
  void serve(size_t bytes) const {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    called_.set_value();
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes == 0 ? 1 : bytes) + "\r\n\r\n";
    static_cast<void>(::send(client, head.data(), head.size(), MSG_NOSIGNAL));
    for (size_t i = 0; i < bytes && !pause(client, 400); ++i) {
      static_cast<void>(::send(client, "x", 1, MSG_NOSIGNAL));
    }
    static_cast<void>(pause(client, 20'000));
    ::close(client);
  }

  const int listener_;
  mutable std::promise<void> called_;
  uint16_t port_ = 0;
  std::thread thread_;
};

navistore::Result<HttpReply> post_to(const SlowServer &server) {
  HttpCall call;
  call.method = HttpCall::Method::kPost;
  call.url = server.url();
  call.body = "hello";
  return open_transfer({}, std::chrono::seconds(2))->perform(call);
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("transfer: a slow one may take longer than a stall may") {
  const SlowServer server(8);  // 3.2 s
  const auto reply = post_to(server);
  REQUIRE(reply);
  CHECK(reply.value().body == "xxxxxxxx");
}

TEST_CASE("transfer: what is cancelled ends, and so does every later one") {
  const SlowServer server(0);
  const auto transfer = open_transfer({}, std::chrono::seconds(600));
  HttpCall call;
  call.method = HttpCall::Method::kPost;
  call.url = server.url();
  std::thread canceller([&] {
    server.wait_for_call();
    transfer->cancel();
  });
  const auto reply = transfer->perform(call);
  canceller.join();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == navistore::Code::kCancelled);
  const auto later = transfer->perform(call);
  REQUIRE_FALSE(later);
  CHECK(later.error().code == navistore::Code::kCancelled);
}

TEST_CASE("transfer: a peer is called itself, whatever proxy the environment names") {
  for (const char *const name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    const std::string shown(name);
    CAPTURE(shown);
    REQUIRE(::setenv(name, "http://127.0.0.1:1", 1) == 0);  // nobody listens there
    {
      const SlowServer server(1);
      const auto reply = post_to(server);
      CHECK(reply);
    }
    REQUIRE(::unsetenv(name) == 0);
  }
}

TEST_CASE("transfer: one in which nothing moves ends") {
  const SlowServer server(0);
  const auto reply = post_to(server);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == navistore::Code::kUnavailable);
}

TEST_SUITE_END();
