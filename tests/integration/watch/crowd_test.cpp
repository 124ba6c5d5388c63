// SPDX-License-Identifier: Apache-2.0
// Very many watchers of one server: nobody overflows who reads, and what they took is given back.
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "sdk/conformance/sanitized.hpp"
#include "tests/support/event_stream.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using namespace navistore::test;

namespace {

// What a sanitizer keeps for itself says nothing of the server.
constexpr bool kMemoryCounts = !navistore::conformance::kSanitized;

using Crowd = std::vector<std::unique_ptr<EventStream>>;

void take_all_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Crowd crowd_of(size_t size, uint16_t port, const std::string &target) {
  Crowd crowd;
  for (size_t i = 0; i < size; ++i) crowd.push_back(std::make_unique<EventStream>(port, target));
  return crowd;
}

uint64_t resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

// Until the server knows that everybody left.
bool is_left_alone(uint16_t port) {
  HttpClient client(port);
  const auto nobody_watches = [&] {
    const auto answer = client.request("GET", "/metrics");
    REQUIRE(answer);
    return answer->body.find("\nnavistore_watchers 0\n") != std::string::npos;
  };
  return eventually(nobody_watches, std::chrono::seconds(60));
}

}  // namespace

TEST_SUITE("integration/watch") {
  TEST_CASE(
      "watch: each of 1,000 watchers of a prefix gets each of 100 changes, nobody overflows") {
    constexpr int kChanges = 100;
    take_all_descriptors();
    const ScratchDir dir;
    const ServerProcess server({"--backend", "memory", "--conformance", "skip", "--data-dir",
                                dir.path(), "--log-level", "error"});
    const Crowd crowd = crowd_of(1'000, server.port(), "/v1/watch?prefix=app/");
    HttpClient writer(server.port());
    for (int i = 0; i < kChanges; ++i) {
      REQUIRE(writer.request("PUT", "/v1/kv/app/" + std::to_string(i % 7), std::to_string(i)));
    }
    size_t right = 0;
    for (const auto &stream : crowd) {
      int next = 0;
      while (next < kChanges) {
        const auto event = stream->next();
        const std::string value = "\"value\":\"" + std::to_string(next) + "\"";
        if (!event || event->data.find(value) == std::string::npos) break;
        ++next;
      }
      right += next == kChanges ? 1 : 0;
    }
    CHECK(right == crowd.size());
  }

  TEST_CASE("watch: an idle watcher costs less than 16 KiB, and its memory is used again") {
    constexpr size_t kWatchers = 1'000;
    take_all_descriptors();
    const ScratchDir dir;
    const ServerProcess server({"--backend", "memory", "--conformance", "skip", "--data-dir",
                                dir.path(), "--log-level", "error"});
    crowd_of(10, server.port(), "/v1/watch");
    const uint64_t alone = resident_kib(server.pid());
    uint64_t settled = 0;
    for (int round = 0; round < 12; ++round) {
      const Crowd crowd = crowd_of(kWatchers, server.port(), "/v1/watch?prefix=app/");
      for (const auto &stream : crowd) REQUIRE(stream->status() == 200);
      const uint64_t resident = resident_kib(server.pid());
      if (round == 2) settled = resident;
      if (kMemoryCounts && round == 0) CHECK(resident < alone + 16 * kWatchers);
      if (kMemoryCounts && round > 2) CHECK(resident < settled + 4 * kWatchers);
      for (const auto &stream : crowd) stream->disconnect();
      REQUIRE(is_left_alone(server.port()));
    }
  }
}
