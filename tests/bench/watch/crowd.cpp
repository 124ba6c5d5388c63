// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/watch/crowd.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace navistore::bench {
namespace {

constexpr std::string_view kValue = "\"value\":\"";

[[noreturn]] void give_up(const char *what) {
  std::perror(what);
  std::exit(1);
}

void read_head(int socket) {
  std::string head;
  std::array<char, 1> byte{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (::recv(socket, byte.data(), 1, 0) != 1) give_up("head");
    head.push_back(byte[0]);
  }
  if (head.compare(0, 12, "HTTP/1.1 200") != 0) {
    std::fprintf(stderr, "%s", head.c_str());
    std::exit(1);
  }
}

}  // namespace

int connect_to(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
    give_up("connect");
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

void send_all(int socket, const std::string &bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n <= 0) give_up("send");
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

Crowd::Crowd(uint16_t port, const std::vector<std::string> &targets)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), streams_(targets.size()) {
  for (size_t i = 0; i < targets.size(); ++i) {
    streams_[i].socket = connect_to(port);
    send_all(streams_[i].socket, "GET " + targets[i] + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    read_head(streams_[i].socket);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, streams_[i].socket, &event);
  }
}

Crowd::~Crowd() {
  for (const Stream &stream : streams_) ::close(stream.socket);
  ::close(epoll_);
}

void Crowd::read_until(const std::function<bool()> &enough, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  std::array<epoll_event, 256> events;
  while (!enough() && Clock::now() < end) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
    for (int i = 0; i < count; ++i) read(streams_[events.at(static_cast<size_t>(i)).data.u64]);
  }
}

void Crowd::read(Stream &stream) {
  std::array<char, 64 * 1024> part;
  const ssize_t n = ::recv(stream.socket, part.data(), part.size(), MSG_DONTWAIT);
  if (n == 0) {
    ++ended_;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, stream.socket, nullptr);
  }
  if (n <= 0) return;
  stream.text.append(part.data(), static_cast<size_t>(n));
  take_events(stream, now_ns());
}

void Crowd::take_events(Stream &stream, uint64_t now) {
  size_t from = 0;
  for (size_t end = 0; (end = stream.text.find("\n\n", from)) != std::string::npos;) {
    const std::string_view event = std::string_view(stream.text).substr(from, end - from);
    const size_t value = event.find(kValue);
    if (value != std::string_view::npos) {
      latencies_.add(now - std::strtoull(event.data() + value + kValue.size(), nullptr, 10));
    }
    if (event.find("event: overflow") != std::string_view::npos) ++overflows_;
    from = end + 2;
  }
  stream.text.erase(0, from);
}

}  // namespace navistore::bench
