// SPDX-License-Identifier: Apache-2.0
// Measures how changes reach watchers; tests/bench/watch_bench starts the servers for it.
// usage: watch-bench fanout PORT WATCHERS WRITES_A_SECOND SECONDS
//        watch-bench keys PORT WATCHERS SECONDS ROUNDS
//        watch-bench idle PORT PID WATCHERS
//        watch-bench expiry NAME PORT KEYS
//        watch-bench latency ROUNDS PUTS NAME:navistore|etcd2|etcd3:PORT...
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/stopwatch.hpp"
#include "tests/bench/watch/crowd.hpp"
#include "tests/bench/watch/exchange.hpp"
#include "tests/bench/watch/expiry.hpp"
#include "tests/bench/watch/rivals.hpp"
#include "tests/support/http_client.hpp"

namespace navistore::bench {
namespace {

using std::chrono::milliseconds;
using test::HttpClient;

void fanout(uint16_t port, size_t watchers, unsigned rate, unsigned seconds) {
  Crowd crowd(port, std::vector<std::string>(watchers, "/v1/watch?prefix=app/"));
  const size_t writes = size_t{rate} * seconds;
  Samples answers;
  std::thread writer([&] {
    HttpClient client(port);
    const auto start = Clock::now();
    for (size_t i = 0; i < writes; ++i) {
      std::this_thread::sleep_until(start + std::chrono::nanoseconds(1'000'000'000 / rate) * i);
      const uint64_t sent = now_ns();
      put(client, "app/" + std::to_string(i % 100), std::to_string(sent));
      answers.add(now_ns() - sent);
    }
  });
  const size_t wanted = writes * watchers;
  crowd.read_until([&] { return crowd.latencies().count() >= wanted; },
                   milliseconds(seconds * 1'000 + 10'000));
  writer.join();
  std::printf(
      "fanout  %zu watchers, %u writes/s: PUT to event %s; %zu of %zu events, %llu "
      "overflows, %llu ended; the PUTs' answers %s\n",
      watchers, rate, crowd.latencies().text().c_str(), crowd.latencies().count(), wanted,
      static_cast<unsigned long long>(crowd.overflows()),
      static_cast<unsigned long long>(crowd.ended()), answers.text().c_str());
}

// Writes a second of four clients that each wait for their answers.
double write_rate(uint16_t port, const std::string &prefix, size_t keys, unsigned seconds) {
  constexpr int kClients = 4;
  std::atomic<uint64_t> written{0};
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      HttpClient client(port);
      for (size_t n = static_cast<size_t>(i); Clock::now() < end; n += 7'919) {
        put(client, prefix + std::to_string(n % keys), "0");
        ++written;
      }
    });
  }
  for (std::thread &client : clients) client.join();
  return static_cast<double>(written) / seconds;
}

// The seats of a crowd that left are free again: there are as many as a crowd takes, and who comes
// next, in this process or another, would get a 503.
void wait_until_unwatched(uint16_t port) {
  HttpClient client(port);
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  while (Clock::now() < deadline) {
    const auto answer = client.request("GET", "/metrics");
    if (answer && answer->body.find("\nnavistore_watchers 0\n") != std::string::npos) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::fprintf(stderr, "watchers that left are still counted after a minute\n");
  std::exit(1);
}

void keys(uint16_t port, size_t watchers, unsigned seconds, int rounds) {
  std::vector<std::string> targets;
  for (size_t i = 0; i < watchers; ++i) targets.push_back("/v1/watch?key=w/" + std::to_string(i));
  double without = 0;
  double beside = 0;
  double watched = 0;
  for (int round = 0; round < rounds; ++round) {
    without += write_rate(port, "o/", watchers, seconds);
    auto crowd = std::make_unique<Crowd>(port, targets);
    beside += write_rate(port, "o/", watchers, seconds);
    std::atomic<bool> stop{false};
    std::thread reader(
        [&] { crowd->read_until([&] { return stop.load(); }, milliseconds(60'000)); });
    watched += write_rate(port, "w/", watchers, seconds);
    stop = true;
    reader.join();
    crowd.reset();
    wait_until_unwatched(port);
  }
  std::printf(
      "keys    writes/s: %.0f without watchers, %.0f (%.1f %%) beside %zu watchers of other "
      "keys, %.0f (%.1f %%) to their keys, each with its event\n",
      without / rounds, beside / rounds, 100 * beside / without, watchers, watched / rounds,
      100 * watched / without);
}

uint64_t resident_kib(const std::string &pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string word; status >> word;) {
    uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

void idle(uint16_t port, const std::string &pid, size_t watchers) {
  const uint64_t before = resident_kib(pid);
  uint64_t with = 0;
  {
    const Crowd crowd(port, std::vector<std::string>(watchers, "/v1/watch?prefix=idle/"));
    with = resident_kib(pid);
  }
  std::printf("idle    %zu watchers: %llu KiB resident, %llu before: %.2f KiB each\n", watchers,
              static_cast<unsigned long long>(with), static_cast<unsigned long long>(before),
              static_cast<double>(with - before) / static_cast<double>(watchers));
}

Rival rival_of(const std::string &text) {
  const size_t first = text.find(':');
  const size_t second = text.find(':', first + 1);
  const std::string api = text.substr(first + 1, second - first - 1);
  Rival rival;
  rival.name = text.substr(0, first);
  if (api == "etcd2") rival.api = Rival::Api::kEtcd2;
  if (api == "etcd3") rival.api = Rival::Api::kEtcd3;
  rival.port = static_cast<uint16_t>(std::stoul(text.substr(second + 1)));
  return rival;
}

int run(const std::vector<std::string> &words) {
  const auto number = [&](size_t i) { return static_cast<unsigned>(std::stoul(words.at(i))); };
  const auto port = [&] { return static_cast<uint16_t>(number(1)); };
  const std::string &what = words.at(0);
  if (what == "fanout") {
    fanout(port(), number(2), number(3), number(4));
  } else if (what == "keys") {
    keys(port(), number(2), number(3), static_cast<int>(number(4)));
  } else if (what == "idle") {
    idle(port(), words.at(2), number(3));
  } else if (what == "expiry") {
    measure_expiry(words.at(1), static_cast<uint16_t>(number(2)), number(3));
  } else if (what == "latency") {
    std::vector<Rival> rivals;
    for (size_t i = 3; i < words.size(); ++i) rivals.push_back(rival_of(words[i]));
    measure_latency(rivals, static_cast<int>(number(1)), static_cast<int>(number(2)));
  } else {
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace navistore::bench

int main(int argc, char **argv) {
  try {
    return navistore::bench::run({argv + 1, argv + argc});
  } catch (const std::exception &error) {
    std::fprintf(stderr, "watch-bench: %s\n", error.what());
    return 2;
  }
}
