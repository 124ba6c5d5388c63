// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/replication/listening.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace navistore::test {
namespace {

constexpr int kPatienceMs = 60'000;

bool readable(int fd, int wait_ms) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, wait_ms) == 1;
}

}  // namespace

Listening::Listening() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
}

Listening::~Listening() { ::close(listener_); }

std::string Listening::next_head() {
  if (!readable(listener_, kPatienceMs)) throw std::runtime_error("nobody called");
  return answer(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
}

void Listening::answer_waiting() {
  while (readable(listener_, 0)) answer(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
}

// The body may still be on its way: what the client makes of that is an error, too.
std::string Listening::answer(int client) const {
  std::string head;
  std::array<char, 4'096> part{};
  while (head.find("\r\n\r\n") == std::string::npos && readable(client, kPatienceMs)) {
    const ssize_t n = ::recv(client, part.data(), part.size(), 0);
    if (n <= 0) break;
    head.append(part.data(), static_cast<size_t>(n));
  }
  const std::string busy =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  ::send(client, busy.data(), busy.size(), MSG_NOSIGNAL);
  ::close(client);
  return head;
}

}  // namespace navistore::test
