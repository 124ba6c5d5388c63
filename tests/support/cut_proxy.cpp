// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cut_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace navistore::test {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

CutProxy::CutProxy(uint16_t target)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      target_(target) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr *>(&address), &length) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

CutProxy::~CutProxy() {
  stopping_ = true;
  cut();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void CutProxy::cut() {
  cut_ = true;
  ::eventfd_write(wake_, 1);
}

void CutProxy::stall() {
  stalled_ = true;
  ::eventfd_write(wake_, 1);
}

void CutProxy::mend() {
  cut_ = false;
  stalled_ = false;
  ::eventfd_write(wake_, 1);
}

void CutProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = cut_ ? -1 : connect_to(target_);
  if (server < 0) {
    ::close(client);
    return;
  }
  links_.emplace_back(client, server);
}

bool CutProxy::pump(int from, int to) const {
  std::array<char, 64 * 1024> part{};
  const ssize_t n = ::recv(from, part.data(), part.size(), 0);
  if (n <= 0 || cut_) return false;
  for (ssize_t sent = 0; sent < n;) {
    const ssize_t more =
        ::send(to, part.data() + sent, static_cast<size_t>(n - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return true;
}

void CutProxy::close_all() {
  for (const auto &[client, server] : links_) {
    ::close(client);
    ::close(server);
  }
  links_.clear();
}

void CutProxy::run() {
  while (!stopping_) {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    const bool stalled = stalled_;
    for (const auto &[client, server] : links_) {  // poll() looks at no negative descriptor
      fds.push_back({stalled ? -1 : client, POLLIN, 0});
      fds.push_back({stalled ? -1 : server, POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), -1);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_, &ignored);
    if (cut_) close_all();
    std::vector<std::pair<int, int>> left;
    for (size_t i = 0; i < links_.size(); ++i) {
      const auto [client, server] = links_[i];
      const bool there = stalled_ || ((fds[2 + 2 * i].revents == 0 || pump(client, server)) &&
                                      (fds[3 + 2 * i].revents == 0 || pump(server, client)));
      if (there) {
        left.emplace_back(client, server);
      } else {
        ::close(client);
        ::close(server);
      }
    }
    links_ = std::move(left);
    if (fds[0].revents != 0) accept_one();
  }
  close_all();
}

}  // namespace navistore::test
