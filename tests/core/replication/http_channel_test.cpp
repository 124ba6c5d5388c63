// SPDX-License-Identifier: Apache-2.0
// What counts as a peer's acknowledgement.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/replication/channels.hpp"

using namespace navistore::replication;
using navistore::Code;

namespace {

// Answers one call with these bytes, and shows the call.
class Answering {
 public:
  explicit Answering(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *any = reinterpret_cast<sockaddr *>(&address);
    REQUIRE(::bind(listener_, any, size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Answering() {
    thread_.join();
    ::close(listener_);
  }
  Answering(const Answering &) = delete;
  Answering &operator=(const Answering &) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() const {
    const int client = ::accept(listener_, nullptr, nullptr);
    std::string call;
    std::array<char, 4'096> part{};
    const std::string last = encode(ChangeBatch{});  // which is the body of the call
    while (call.size() < last.size() || call.substr(call.size() - last.size()) != last) {
      const ssize_t n = ::recv(client, part.data(), part.size(), 0);
      if (n <= 0) break;
      call.append(part.data(), static_cast<size_t>(n));
    }
    for (size_t sent = 0; sent < answer_.size();) {
      const ssize_t n = ::send(client, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<size_t>(n);
    }
    ::close(client);
  }

  const std::string answer_;
  const int listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

std::string answer(int status, const std::string &body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// "ok 7 1 2", "retry" or "refused".
std::string delivered(const std::string &bytes) {
  const Answering peer(bytes);
  const auto channel = open_http_channel({"b", peer.url(), {}, Peer::Kind::kV1}, {});
  const auto receipt = channel->deliver(ChangeBatch{});
  if (!receipt) return receipt.error().code == Code::kRefused ? "refused" : "retry";
  return "ok " + std::to_string(receipt.value().epoch) + " " +
         std::to_string(receipt.value().applied) + " " + std::to_string(receipt.value().ignored);
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("http channel: only a whole receipt is an acknowledgement") {
  const std::string receipt = R"({"epoch":7,"applied":1,"ignored":2})";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {answer(200, receipt), "ok 7 1 2"},
      {answer(200, "OK"), "retry"},
      {answer(200, ""), "retry"},
      {answer(200, R"({"epoch":7,"applied":1})"), "retry"},
      {answer(200, R"({"epoch":7,"applied":1,"ignored":2,"more":3})"), "retry"},
      {answer(200, R"({"epoch":"7","applied":1,"ignored":2})"), "retry"},
      {answer(200, receipt).substr(0, 60), "retry"},
      {"", "retry"},
      {answer(201, receipt), "retry"},
      {answer(302, receipt), "retry"},
      {answer(400, receipt), "refused"},
      {answer(404, receipt), "refused"},
      {answer(408, receipt), "retry"},
      {answer(429, receipt), "retry"},
      {answer(499, receipt), "refused"},
      {answer(500, receipt), "retry"},
      {answer(503, receipt), "retry"},
  };
  for (const auto &row : rows) {
    CAPTURE(row.first);
    CHECK(delivered(row.first) == row.second);
  }
}

TEST_CASE("http channel: an answer has at most 64 KiB") {
  const std::string receipt = R"({"epoch":7,"applied":1,"ignored":2})";
  const std::string padded = receipt + std::string(64 * 1'024 - receipt.size(), ' ');
  CHECK(delivered(answer(200, padded)) == "ok 7 1 2");
  CHECK(delivered(answer(200, padded + " ")) == "retry");
}

TEST_SUITE_END();
