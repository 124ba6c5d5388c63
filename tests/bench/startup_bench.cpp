// SPDX-License-Identifier: Apache-2.0
// How long the conformance gate takes for each backend, and how long a server with a stored pass
// takes from its start to its first answer. Prints a table; asserts nothing.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/stopwatch.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::HttpClient;
using navistore::test::run_navistore;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRounds = 11;

double milliseconds_since(Clock::time_point start) {
  return navistore::bench::seconds_since(start) * 1e3;
}

void print_row(const char *what, const std::string &backend, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-28s %-8s median %8.1f ms   min %8.1f   max %8.1f   (%zu runs)\n", what,
              backend.c_str(), times[times.size() / 2], times.front(), times.back(), times.size());
}

void time_gate(const std::string &backend) {
  std::vector<double> times;
  for (int i = 0; i < 3; ++i) {
    const auto start = Clock::now();
    if (run_navistore({"check", backend}).status != 0) std::printf("%s FAILED\n", backend.c_str());
    times.push_back(milliseconds_since(start));
  }
  print_row("conformance gate", backend, std::move(times));
}

void time_first_answer(const std::string &backend) {
  const ScratchDir dir;
  std::vector<double> times;
  for (int i = 0; i <= kRounds; ++i) {
    const auto start = Clock::now();
    ServerProcess server(
        {"--backend", backend, "--data-dir", dir / "data", "--log-level", "error"});
    HttpClient client(server.port());
    const auto answer = client.request("GET", "/v1/kv/first");
    if (i > 0) times.push_back(milliseconds_since(start));  // the first start proves the backend
    if (!answer || answer->status != 404) std::printf("unexpected answer\n");
    server.signal(SIGTERM);
    server.wait();
  }
  print_row("start to first answer", backend, std::move(times));
}

}  // namespace

int main() {
  try {
    for (const std::string backend : {"memory", "sqlite"}) {
      time_gate(backend);
      time_first_answer(backend);
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
