// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/connections.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace navistore::conformance {
namespace {

std::vector<int> connected_sockets() {
  std::vector<int> sockets;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error)) {
    const int fd = std::stoi(at->path().filename().string());
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &size) == 0) sockets.push_back(fd);
  }
  return sockets;
}

}  // namespace

size_t cut_connections() {
  const std::vector<int> sockets = connected_sockets();
  for (const int socket : sockets) shutdown(socket, SHUT_RDWR);
  return sockets.size();
}

Silence::Silence() {
  for (const int socket : connected_sockets()) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) continue;
    const int flags = fcntl(socket, F_GETFL);
    dup3(ends[0], socket, O_CLOEXEC);
    fcntl(socket, F_SETFL, flags);
    close(ends[0]);
    far_ends_.push_back(ends[1]);
  }
}

Silence::~Silence() {
  for (const int end : far_ends_) close(end);
}

}  // namespace navistore::conformance
