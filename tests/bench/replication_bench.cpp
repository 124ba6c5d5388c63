// SPDX-License-Identifier: Apache-2.0
// Does a peer on the same machine keep up? Usage: replication_bench [WRITES_A_SECOND [SECONDS]]
// A store in this process is written to at a steady rate and pushed to a server of its own process,
// both with the memory backend; 16-byte keys of 100,000, 100-byte values.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include "core/replication/replication.hpp"
#include "tests/bench/stopwatch.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using navistore::bench::seconds_since;
using navistore::replication::Peer;
using navistore::replication::PeerStatus;
using navistore::replication::Replication;
namespace store = navistore::store;

constexpr uint64_t kKeys = 100'000;
constexpr std::chrono::milliseconds kTick{5};

void put(store::Store &store, uint64_t number, const std::string &value) {
  char key[17];
  std::snprintf(key, sizeof key, "key/%012llu", static_cast<unsigned long long>(number));
  store.submit(store::testing::put(key, value), [](const store::CommitResult &) {});
}

struct Load {
  double seconds = 0;
  uint64_t most_behind = 0;  // revisions
};

Load write(store::Store &store, const Replication &replication, uint64_t rate, uint64_t seconds) {
  std::mt19937_64 random(1);
  const std::string value(100, 'v');
  Load load;
  uint64_t written = 0;
  const auto start = Clock::now();
  for (auto tick = start; written < rate * seconds; tick += kTick) {
    std::this_thread::sleep_until(tick);
    const auto due = static_cast<uint64_t>(seconds_since(start) * static_cast<double>(rate));
    for (; written < due && written < rate * seconds; ++written) {
      put(store, random() % kKeys, value);
    }
    load.most_behind = std::max(load.most_behind, replication.status().front().lag_revisions);
  }
  load.seconds = seconds_since(start);
  return load;
}

int run(uint64_t rate, uint64_t seconds) {
  const navistore::test::ScratchDir dir;
  const navistore::test::ServerProcess peer({"--backend", "memory", "--conformance", "skip",
                                             "--data-dir", dir.path(), "--log-level", "error"});
  auto source = store::testing::open_store(store::testing::memory_backend());
  auto opened = Replication::open(*source, {});
  if (!opened) return 1;
  Replication &replication = *opened.value();
  const std::string url = "http://127.0.0.1:" + std::to_string(peer.port());
  if (!replication.set_peers(Peer::Kind::kV1, {Peer{"peer", url, {}, Peer::Kind::kV1}})) return 1;
  const Load load = write(*source, replication, rate, seconds);
  const uint64_t behind = replication.status().front().lag_revisions;
  const auto end = Clock::now();
  while (replication.status().front().lag_revisions != 0) std::this_thread::sleep_for(kTick);
  const PeerStatus status = replication.status().front();
  std::printf(
      "wrote %.0f/s for %.2f s; most behind %llu revisions, %llu at the end, even %.3f s "
      "later; %llu sent, %llu ignored\n",
      static_cast<double>(rate * seconds) / load.seconds, load.seconds,
      static_cast<unsigned long long>(load.most_behind), static_cast<unsigned long long>(behind),
      seconds_since(end), static_cast<unsigned long long>(status.sent),
      static_cast<unsigned long long>(status.ignored));
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  const uint64_t rate = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
  const uint64_t seconds = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10;
  return run(rate, seconds);
}
