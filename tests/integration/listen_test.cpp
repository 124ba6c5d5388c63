// SPDX-License-Identifier: Apache-2.0
// Where a server listens, and what it is told there.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/core/http/certificates.hpp"
#include "tests/core/http/raw_client.hpp"
#include "tests/core/http/tls_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::http::testing::becomes_true;
using navistore::http::testing::Certificates;
using navistore::http::testing::RawClient;
using navistore::http::testing::TlsClient;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

// The suite's verdict matters elsewhere.
std::vector<std::string> unproven(const ScratchDir &dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(),
                   {"--data-dir", dir / "data", "--backend", "memory", "--conformance", "skip"});
  return arguments;
}

const std::string kLive = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

bool is_alive(const std::string &address) {
  RawClient client(address);
  return client.send(kLive).receive_answer().compare(0, 12, "HTTP/1.1 200") == 0;
}

// The soft limit of its descriptors, as text.
std::string descriptor_limit(const ServerProcess &server) {
  std::ifstream limits("/proc/" + std::to_string(server.pid()) + "/limits");
  const std::string name = "Max open files";
  for (std::string line; std::getline(limits, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    std::istringstream rest(line.substr(name.size()));
    std::string soft;
    rest >> soft;
    return soft;
  }
  return {};
}

}  // namespace

TEST_SUITE("integration/listen") {
  TEST_CASE("--listen: several at a time, IPv4, IPv6 and unix, and --port-file names their ports") {
    const ScratchDir dir;
    const std::string path = dir / "socket";
    {
      ServerProcess server(unproven(
          dir, {"--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--listen", "unix:" + path}));
      CHECK(is_alive("127.0.0.1:" + std::to_string(server.port(0))));
      CHECK(is_alive("[::1]:" + std::to_string(server.port(1))));
      CHECK(is_alive("unix:" + path));
      CHECK(is_alive("127.0.0.1:" + std::to_string(server.port(2))));
      CHECK_THROWS(server.port(3));
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
    }
    CHECK_FALSE(std::filesystem::exists(path));
  }

  TEST_CASE("SIGHUP: certificates are read again, and connections stay") {
    const ScratchDir dir;
    Certificates certificates;
    ServerProcess server(unproven(dir, {"--tls-cert", certificates.certificate("server"),
                                        "--tls-key", certificates.key("server")}));
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    const auto name = [&] { return TlsClient(address, certificates.authority()).server_name(); };
    TlsClient before(address, certificates.authority());
    CHECK(before.server_name() == "server");
    certificates.issue("server", "renewed");
    server.signal(SIGHUP);
    CHECK(becomes_true([&] { return name() == "renewed"; }));
    CHECK(before.send(kLive).receive(12).compare(0, 12, "HTTP/1.1 200") == 0);
    certificates.spoil("server");
    server.signal(SIGHUP);
    CHECK(name() == "renewed");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }

  TEST_CASE("descriptors: a server takes as many as its hard limit allows") {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit low = before;
    low.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &low);
    const ScratchDir dir;
    const ServerProcess server(unproven(dir, {}));
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(descriptor_limit(server) == std::to_string(before.rlim_max));
  }
}
