// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/crowd.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/core/http/raw_client.hpp"

namespace navistore::http::testing {
namespace {

struct Command {
  char order;
  size_t number;
  size_t text;  // bytes that follow
};

constexpr char kConnect = 'c';
constexpr char kSend = 's';
constexpr char kReceive = 'r';
constexpr char kLeave = 'l';

bool read_all(int socket, void *to, size_t size) {
  return size == 0 || ::recv(socket, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

class Clients {
 public:
  size_t obey(const Command &command, const std::string &text) {
    switch (command.order) {
      case kConnect: return connect(text, command.number);
      case kSend:
        for (RawClient &client : clients_) client.send(text);
        return clients_.size();
      case kReceive: return receive(command.number);
      case kLeave: return std::exchange(clients_, {}).size();
      default: return 0;
    }
  }

 private:
  size_t connect(const std::string &address, size_t count) {
    try {
      for (size_t i = 0; i < count; ++i) clients_.emplace_back(address);
      return count;
    } catch (const std::system_error &) {
      return 0;
    }
  }

  size_t receive(size_t bytes) {
    size_t whole = 0;
    for (RawClient &client : clients_) whole += client.receive(bytes).size() == bytes ? 1 : 0;
    return whole;
  }

  std::vector<RawClient> clients_;
};

[[noreturn]] void live(int socket) {
  Clients clients;
  Command command{};
  while (read_all(socket, &command, sizeof command)) {
    std::string text(command.text, '\0');
    if (!read_all(socket, text.data(), text.size())) break;
    const size_t result = clients.obey(command, text);
    if (::send(socket, &result, sizeof result, MSG_NOSIGNAL) < 0) break;
  }
  ::_exit(0);
}

}  // namespace

Crowd::Crowd() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  child_ = ::fork();
  if (child_ == 0) {
    ::close(sockets[0]);
    live(sockets[1]);
  }
  ::close(sockets[1]);
  socket_ = sockets[0];
}

Crowd::~Crowd() {
  ::close(socket_);
  ::waitpid(child_, nullptr, 0);
}

size_t Crowd::command(char order, size_t number, std::string_view text) {
  const Command command{order, number, text.size()};
  size_t result = 0;
  ::send(socket_, &command, sizeof command, MSG_NOSIGNAL);
  ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  return read_all(socket_, &result, sizeof result) ? result : 0;
}

size_t Crowd::connect(const std::string &address, size_t count) {
  return command(kConnect, count, address);
}

size_t Crowd::send(std::string_view bytes) { return command(kSend, 0, bytes); }

size_t Crowd::receive(size_t bytes) { return command(kReceive, bytes, {}); }

size_t Crowd::leave() { return command(kLeave, 0, {}); }

}  // namespace navistore::http::testing
