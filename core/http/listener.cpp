// SPDX-License-Identifier: Apache-2.0
#include "core/http/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace navistore::http {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

Error io_error(int number) { return {Code::kIo, std::generic_category().message(number)}; }

const sockaddr *generic(const void *address) { return static_cast<const sockaddr *>(address); }

Descriptor new_socket(int family) {
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<Descriptor> bind_and_listen(Descriptor socket, const void *address, socklen_t length,
                                   int backlog) {
  const bool bound =
      ::bind(socket.get(), generic(address), length) == 0 && ::listen(socket.get(), backlog) == 0;
  if (!bound) return io_error(errno);
  return socket;
}

// A socket file that nobody listens on any more was left behind by a crash.
bool is_stale(const sockaddr_un &address) {
  struct stat status {};
  if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Descriptor probe = new_socket(AF_UNIX);
  return ::connect(probe.get(), generic(&address), sizeof address) != 0 && errno == ECONNREFUSED;
}

// The path of "unix:PATH"; nothing: another kind of address.
std::optional<std::string> unix_path(const std::string &address) {
  if (address.compare(0, kUnixPrefix.size(), kUnixPrefix) != 0) return std::nullopt;
  return address.substr(kUnixPrefix.size());
}

Outcome check_path(const std::string &path) {
  if (!path.empty() && path.size() < sizeof sockaddr_un{}.sun_path) return Done{};
  return Error{Code::kInvalid, "the path must have 1 to 107 bytes"};
}

Result<Descriptor> listen_unix(const std::string &path, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (Outcome fits = check_path(path); !fits) return std::move(fits).error();
  path.copy(address.sun_path, path.size());
  if (is_stale(address)) ::unlink(address.sun_path);
  Descriptor socket = new_socket(AF_UNIX);
  if (!socket.valid()) return io_error(errno);
  return bind_and_listen(std::move(socket), &address, sizeof address, backlog);
}

struct HostAndPort {
  std::string host;
  std::string port;
};

// "host:port" or "[address]:port".
Result<HostAndPort> split(const std::string &address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Error{Code::kInvalid, "no port (host:port is expected)"};
  HostAndPort parts{address.substr(0, colon), address.substr(colon + 1)};
  const bool bracketed =
      parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']';
  if (bracketed) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.empty() || parts.host.find(':') != std::string::npos) {
    return Error{Code::kInvalid, "an IPv6 address must stand in brackets, as [::1]:8787"};
  }
  const bool decimal = !parts.port.empty() && parts.port.size() <= 5 &&
                       parts.port.find_first_not_of("0123456789") == std::string::npos;
  if (!decimal || std::stoul(parts.port) > 65535) {
    return Error{Code::kInvalid, "the port must be 0 to 65535"};
  }
  return parts;
}

Result<Descriptor> listen_at(const addrinfo &info, int backlog) {
  Descriptor socket = new_socket(info.ai_family);
  if (!socket.valid()) return io_error(errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted ones inherit
  if (info.ai_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  return bind_and_listen(std::move(socket), info.ai_addr, info.ai_addrlen, backlog);
}

using Resolved = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Resolved> resolve(const std::string &address) {
  const Result<HostAndPort> parts = split(address);
  if (!parts) return parts.error();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo *found = nullptr;
  const int failure =
      ::getaddrinfo(parts.value().host.c_str(), parts.value().port.c_str(), &hints, &found);
  if (failure != 0) return Error{Code::kInvalid, ::gai_strerror(failure)};
  return Resolved(found, &::freeaddrinfo);
}

Result<Descriptor> listen_tcp(const std::string &address, int backlog) {
  const Result<Resolved> found = resolve(address);
  if (!found) return found.error();
  Result<Descriptor> socket = listen_at(*found.value(), backlog);
  for (const addrinfo *info = found.value()->ai_next; info != nullptr && !socket;
       info = info->ai_next) {
    socket = listen_at(*info, backlog);
  }
  return socket;
}

std::string address_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  auto *name = reinterpret_cast<sockaddr *>(&address);
  if (::getsockname(socket, name, &length) != 0 ||
      ::getnameinfo(name, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  const bool brackets = address.ss_family == AF_INET6;
  return (brackets ? "[" + std::string(host) + "]" : host) + ":" + port;
}

}  // namespace

Outcome check_address(const std::string &address) {
  if (const auto path = unix_path(address)) return check_path(*path);
  const Result<Resolved> found = resolve(address);
  return found ? Outcome(Done{}) : found.error();
}

Listener::Listener(ListenOptions options, Descriptor socket, std::string path)
    : options_(std::move(options)), socket_(std::move(socket)), path_(std::move(path)) {
  address_ = path_.empty() ? address_of(socket_.get()) : options_.address;
}

Listener::Listener(Listener &&other) noexcept
    : options_(std::move(other.options_)),
      socket_(std::move(other.socket_)),
      address_(std::move(other.address_)),
      path_(std::exchange(other.path_, {})) {}

Result<Listener> Listener::open(const ListenOptions &options, int backlog) {
  const std::string &address = options.address;
  const auto path = unix_path(address);
  Result<Descriptor> socket = path ? listen_unix(*path, backlog) : listen_tcp(address, backlog);
  if (!socket) return std::move(socket).error().in("listen on '" + address + "'");
  return Listener(options, std::move(socket).value(), path.value_or(""));
}

void Listener::close() {
  if (!socket_.valid()) return;
  if (!path_.empty()) ::unlink(path_.c_str());
  socket_.reset();
}

Accepted accept_from(int listening) {
  Accepted accepted;
  socklen_t length = sizeof accepted.peer;
  accepted.socket.reset(::accept4(listening, reinterpret_cast<sockaddr *>(&accepted.peer), &length,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.socket.valid()) accepted.error = errno;
  return accepted;
}

Origin origin_of(const sockaddr_storage &peer) {
  bool loopback = peer.ss_family == AF_UNIX;
  if (peer.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &peer, sizeof address);
    loopback = (ntohl(address.sin_addr.s_addr) >> 24) == 127;
  } else if (peer.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &peer, sizeof address);
    const in6_addr &ip = address.sin6_addr;
    loopback = IN6_IS_ADDR_LOOPBACK(&ip) || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == 127);
  }
  return loopback ? Origin::kLoopback : Origin::kRemote;
}

}  // namespace navistore::http
