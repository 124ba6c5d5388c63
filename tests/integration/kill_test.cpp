// SPDX-License-Identifier: Apache-2.0
// kill -9 of the server under concurrent writers: no acknowledged write is lost, no transaction is
// half there.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::HttpClient;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

constexpr int kWriters = 32;
constexpr int kKills = 20;

// What a writer meant to write last and what it was told is written: counters that only grow.
struct Journal {
  std::array<uint64_t, kWriters> intended{};
  std::array<uint64_t, kWriters> acknowledged{};
};

// Puts one number under two keys in one transaction, again and again, until the server is gone.
void write_until_killed(uint16_t port, int writer, Journal &journal, std::atomic<uint64_t> &all) {
  const auto slot = static_cast<size_t>(writer);
  const std::string name = std::to_string(writer);
  std::optional<HttpClient> client;
  try {
    client.emplace(port);
  } catch (const std::runtime_error &) {
    return;  // killed before all writers were connected
  }
  for (;;) {
    const std::string value = std::to_string(++journal.intended.at(slot));
    std::string body = R"({"do":[{"op":"put","key":"a/)" + name + R"(","value":")" + value;
    body += R"("},{"op":"put","key":"b/)" + name + R"(","value":")" + value + R"("}]})";
    auto answer = client->request("POST", "/v1/txn", body, {"Content-Type: application/json"});
    if (!answer) return;
    if (answer->status == 200) {
      journal.acknowledged.at(slot) = journal.intended.at(slot);
      ++all;
    }
  }
}

uint64_t number_at(HttpClient &client, const std::string &key) {
  auto answer = client.request("GET", "/v1/kv/" + key);
  if (!answer) throw std::runtime_error("no answer for " + key);
  return answer->status == 404 ? 0 : std::stoull(answer->body);
}

std::string check_contents(uint16_t port, const Journal &journal) {
  HttpClient client(port);
  std::string wrong;
  for (size_t i = 0; i < kWriters; ++i) {
    const uint64_t a = number_at(client, "a/" + std::to_string(i));
    const uint64_t b = number_at(client, "b/" + std::to_string(i));
    if (a == b && a >= journal.acknowledged.at(i) && a <= journal.intended.at(i)) continue;
    wrong += "writer " + std::to_string(i) + ": a=" + std::to_string(a) + " b=" + std::to_string(b);
    wrong += " acknowledged=" + std::to_string(journal.acknowledged.at(i));
    wrong += " intended=" + std::to_string(journal.intended.at(i)) + "\n";
  }
  return wrong;
}

}  // namespace

TEST_SUITE("integration") {
  TEST_CASE("kill -9 under 32 writers, 20 times: nothing acknowledged is lost, nothing is torn") {
    const ScratchDir dir;
    const std::vector<std::string> arguments{"--backend", "sqlite",     "--conformance",
                                             "skip",      "--data-dir", dir.path()};
    Journal journal;
    std::mt19937 random(20);
    for (int round = 0; round < kKills; ++round) {
      ServerProcess server(arguments);
      REQUIRE(check_contents(server.port(), journal).empty());
      std::atomic<uint64_t> acknowledged{0};
      std::vector<std::thread> writers;
      for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back(write_until_killed, server.port(), i, std::ref(journal),
                             std::ref(acknowledged));
      }
      const uint64_t enough = 50 + random() % 500;
      while (acknowledged < enough) std::this_thread::yield();
      CHECK(server.kill_hard() == -SIGKILL);
      for (std::thread &writer : writers) writer.join();
    }
    ServerProcess server(arguments);
    CHECK(check_contents(server.port(), journal) == "");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }
}
