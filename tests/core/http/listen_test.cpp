// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/http/listener.hpp"
#include "tests/core/http/test_server.hpp"

using namespace navistore;
using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

std::string why_not(const std::string &address) {
  TestHandler handler;
  ServerOptions options;
  options.listen.push_back({address, &handler});
  const auto server = Server::start(options);
  if (server) return "listens";
  return (server.error().code == Code::kInvalid ? "invalid: " : "io: ") + server.error().message;
}

// How many connections wait at most at the listening socket of this process with that port.
unsigned backlog_at(uint16_t port) {
  constexpr int kDescriptors = 1024;
  for (int fd = 0; fd < kDescriptors; ++fd) {
    int listens = 0;
    socklen_t length = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0) {
      continue;
    }
    sockaddr_in name{};
    length = sizeof name;
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&name), &length);
    if (ntohs(name.sin_port) != port) continue;
    tcp_info info{};
    length = sizeof info;
    ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info.tcpi_sacked;  // which means this where a socket listens
  }
  return 0;
}

class Directory {
 public:
  Directory() {
    std::string name = std::filesystem::temp_directory_path() / "navistore-http-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory &) = delete;
  Directory &operator=(const Directory &) = delete;
  std::string file(const std::string &name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_SUITE("core/http/listen") {
  TEST_CASE("listen: IPv4, IPv6 and unix sockets at the same time, on ports of the kernel's") {
    const Directory directory;
    const std::string path = directory.file("socket");
    ServerOptions options;
    options.listen = {{"127.0.0.1:0"}, {"[::1]:0"}, {"localhost:0"}, {"unix:" + path}};
    {
      const TestServer server(options);
      CHECK(server.address(0).compare(0, 10, "127.0.0.1:") == 0);
      CHECK(server.address(1).compare(0, 6, "[::1]:") == 0);
      CHECK(server.address(3) == "unix:" + path);
      for (size_t i = 0; i < 4; ++i) {
        RawClient client(server.address(i));
        CHECK(statuses(client.send(kGet).receive_answer()) == "200");
      }
    }
    CHECK_FALSE(std::filesystem::exists(path));
  }

  TEST_CASE("listen: the backlog is that of the options") {
    for (const int backlog : {1, 7, 100}) {
      ServerOptions options;
      options.backlog = backlog;
      const TestServer server(options);
      const std::string address = server.address();
      const auto port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
      CHECK(backlog_at(port) == static_cast<unsigned>(backlog));
    }
  }

  TEST_CASE("listen: what cannot be listened on is named") {
    CHECK(why_not("127.0.0.1") ==
          "invalid: listen on '127.0.0.1': no port (host:port is expected)");
    CHECK(why_not("::1:80") ==
          "invalid: listen on '::1:80': an IPv6 address must stand in brackets, as [::1]:8787");
    CHECK(why_not("127.0.0.1:65536") ==
          "invalid: listen on '127.0.0.1:65536': the port must be 0 to 65535");
    CHECK(why_not("127.0.0.1:65535").find("invalid: ") == std::string::npos);
    const Directory directory;
    const std::string nowhere = directory.file("missing/");
    CHECK(why_not("unix:" + nowhere + std::string(107 - nowhere.size(), 'p')).find("io: ") == 0);
    CHECK(why_not("unix:" + std::string(108, 'p')).find("1 to 107 bytes") != std::string::npos);
    CHECK(why_not("unix:" + nowhere + "s") ==
          "io: listen on 'unix:" + nowhere + "s': No such file or directory");
    CHECK(why_not("192.0.2.1:0").find("io: listen on '192.0.2.1:0': ") == 0);
    const TestServer server;
    CHECK(why_not(server.address()) ==
          "io: listen on '" + server.address() + "': Address already in use");
  }

  TEST_CASE("listen: who is on this machine") {
    const auto origin = [](const char *address) {
      sockaddr_storage peer{};
      auto *v4 = reinterpret_cast<sockaddr_in *>(&peer);
      auto *v6 = reinterpret_cast<sockaddr_in6 *>(&peer);
      if (::inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        peer.ss_family = AF_INET;
      } else {
        REQUIRE(::inet_pton(AF_INET6, address, &v6->sin6_addr) == 1);
        peer.ss_family = AF_INET6;
      }
      return origin_of(peer);
    };
    for (const char *here : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
      CAPTURE(std::string(here));
      CHECK(origin(here) == Origin::kLoopback);
    }
    for (const char *elsewhere : {"126.255.255.255", "128.0.0.1", "10.0.0.127", "::", "::2",
                                  "fe80::1", "::ffff:128.0.0.1", "7f00::1"}) {
      CAPTURE(std::string(elsewhere));
      CHECK(origin(elsewhere) == Origin::kRemote);
    }
    sockaddr_storage local{};
    local.ss_family = AF_UNIX;
    CHECK(origin_of(local) == Origin::kLoopback);
  }

  TEST_CASE("listen: a socket file that a crash left is replaced, one in use is not") {
    const Directory directory;
    const std::string address = "unix:" + directory.file("socket");
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    directory.file("socket").copy(name.sun_path, sizeof name.sun_path - 1);
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(::bind(left, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0);
    ::close(left);
    ServerOptions options;
    options.listen = {{address}};
    const TestServer server(options);
    CHECK(statuses(server.ask(kGet)) == "200");
    CHECK(why_not(address) == "io: listen on '" + address + "': Address already in use");
    CHECK(statuses(server.ask(kGet)) == "200");
  }
}
