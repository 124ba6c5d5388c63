// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/raw_client.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace navistore::http::testing {
namespace {

[[noreturn]] void fail(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int connect_unix(const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto *name = reinterpret_cast<const sockaddr *>(&address);
  if (fd < 0 || ::connect(fd, name, sizeof address) != 0) fail("connect");
  return fd;
}

int connect_tcp(const std::string &address, int receive_buffer) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo *info = nullptr;
  if (::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &info) != 0) {
    fail("getaddrinfo");
  }
  const int fd = ::socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int failed = ::connect(fd, info->ai_addr, info->ai_addrlen);
  ::freeaddrinfo(info);
  if (failed != 0) {
    ::close(fd);
    fail("connect");
  }
  return fd;
}

int connect_to(const std::string &address, int receive_buffer) {
  return address.compare(0, 5, "unix:") == 0 ? connect_unix(address.substr(5))
                                             : connect_tcp(address, receive_buffer);
}

size_t content_length(std::string_view head) {
  const std::string_view name = "Content-Length: ";
  const size_t at = head.find(name);
  return at == std::string_view::npos ? 0
                                      : std::stoul(std::string(head.substr(at + name.size(), 20)));
}

}  // namespace

RawClient::RawClient(const std::string &address, int receive_buffer)
    : fd_(connect_to(address, receive_buffer)) {}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

RawClient::RawClient(RawClient &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      ending_(other.ending_) {}

RawClient &RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) break;  // the server closed: what it said is still to be read
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return *this;
}

size_t RawClient::send_until_full(std::string_view bytes) {
  size_t total = 0;
  pollfd writable{fd_, POLLOUT, 0};
  while (total < bytes.size() && ::poll(&writable, 1, 200) == 1) {
    const ssize_t sent =
        ::send(fd_, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) break;
    total += static_cast<size_t>(sent);
  }
  return total;
}

bool RawClient::wait_readable(std::chrono::milliseconds limit) const {
  pollfd readable{fd_, POLLIN, 0};
  return ::poll(&readable, 1, static_cast<int>(limit.count())) == 1;
}

void RawClient::half_close() { ::shutdown(fd_, SHUT_WR); }

void RawClient::reset() {
  const linger abort{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(std::exchange(fd_, -1));
}

bool RawClient::more() {
  pollfd readable{fd_, POLLIN, 0};
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
  if (::poll(&readable, 1, static_cast<int>(patience.count())) != 1) {
    ending_ = "...";
    return false;
  }
  std::array<char, 65536> part;
  const ssize_t size = ::recv(fd_, part.data(), part.size(), 0);
  if (size > 0) buffer_.append(part.data(), static_cast<size_t>(size));
  if (size < 0) ending_ = "!";
  return size > 0;
}

std::string RawClient::take(size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string RawClient::receive_all() {
  while (more()) {
  }
  return take(buffer_.size()).append(ending_);
}

std::string RawClient::receive(size_t size) {
  while (buffer_.size() < size && more()) {
  }
  return take(size);
}

std::string RawClient::receive_through(std::string_view mark) {
  size_t at = buffer_.find(mark);
  while (at == std::string::npos) {
    const size_t seen = buffer_.size() - std::min(buffer_.size(), mark.size() - 1);
    if (!more()) break;
    at = buffer_.find(mark, seen);
  }
  return at == std::string::npos ? take(buffer_.size()).append(ending_) : take(at + mark.size());
}

std::string RawClient::receive_answer() {
  std::string answer = receive_through("\r\n\r\n");
  return answer + receive(content_length(answer));
}

}  // namespace navistore::http::testing
