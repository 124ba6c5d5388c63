// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/watch/expiry.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "tests/bench/stopwatch.hpp"
#include "tests/bench/watch/exchange.hpp"
#include "tests/bench/watch/samples.hpp"
#include "tests/support/http_client.hpp"

namespace navistore::bench {
namespace {

using std::chrono::milliseconds;
using test::HttpClient;

constexpr size_t kPart = 10'000;       // keys in a request
constexpr milliseconds kQuiet{3'000};  // measured before the moment
constexpr milliseconds kPause{200};    // between that and the moment

// Writes keys from the first on, one request, which expire at the moment.
void fill_part(HttpClient &client, size_t first, size_t end, Clock::time_point moment) {
  const auto left = std::chrono::duration_cast<milliseconds>(moment - Clock::now()).count();
  std::string lines;
  for (size_t i = first; i < end; ++i) {
    lines += R"({"op":"put","key":"expiring/)" + std::to_string(i) + R"(","value":"v","ttl":")" +
             std::to_string(left) + "ms\"}\n";
  }
  exchange(client, "POST", "/v1/bulk", lines, {"Content-Type: application/x-ndjson"});
}

// Writes all keys; false when they would be written too late to be measured before they expire.
bool fill(HttpClient &client, size_t keys, Clock::time_point moment) {
  for (size_t first = 0; first < keys; first += kPart) {
    if (Clock::now() + kQuiet > moment) return false;
    fill_part(client, first, std::min(first + kPart, keys), moment);
  }
  return Clock::now() + kQuiet <= moment;
}

// The moment at which all keys expire. It is chosen by how long a tenth of them took to write, and
// later when the rest took longer.
Clock::time_point fill_expiring(uint16_t port, size_t keys) {
  HttpClient client(port);
  const auto start = Clock::now();
  const size_t tenth = std::max(keys / 10, std::min(keys, kPart));
  if (!fill(client, tenth, start + std::chrono::hours(1))) std::exit(1);
  for (auto time = (Clock::now() - start) * (keys / tenth + 1);; time *= 2) {
    const auto moment = Clock::now() + time * 3 / 2 + kQuiet;
    if (fill(client, keys, moment)) return moment;
    std::printf("expiry  writing the keys took longer than expected: once more\n");
  }
}

uint64_t items(HttpClient &client) {
  const std::string text = exchange(client, "GET", "/metrics").body;
  const std::string_view name = "\nnavistore_store_items ";
  return std::strtoull(text.c_str() + text.find(name) + name.size(), nullptr, 10);
}

struct Latencies {
  Samples puts;
  Samples gets;
};

Latencies latencies_while(uint16_t port, const std::function<bool()> &go_on) {
  HttpClient client(port);
  Latencies latencies;
  while (go_on()) {
    const uint64_t start = now_ns();
    put(client, "other", "v");
    const uint64_t written = now_ns();
    exchange(client, "GET", "/v1/kv/other");
    latencies.gets.add(now_ns() - written);
    latencies.puts.add(written - start);
    std::this_thread::sleep_for(milliseconds(1));
  }
  return latencies;
}

void print(const char *when, Latencies &latencies) {
  std::printf("        %-10s PUT %s (%zu); GET %s\n", when, latencies.puts.text().c_str(),
              latencies.puts.count(), latencies.gets.text().c_str());
}

}  // namespace

void measure_expiry(const std::string &name, uint16_t port, size_t keys) {
  const auto moment = fill_expiring(port, keys);
  std::this_thread::sleep_until(moment - kQuiet);
  std::atomic<bool> swept{false};
  std::thread watcher([&] {  // looks all the time, so that both figures bear its cost
    HttpClient client(port);
    while (items(client) > 1) std::this_thread::sleep_for(milliseconds(20));
    swept = true;
  });
  Latencies before = latencies_while(port, [&] { return Clock::now() < moment - kPause; });
  std::this_thread::sleep_until(moment);
  Latencies during = latencies_while(port, [&] { return !swept; });
  const double took = seconds_since(moment);
  watcher.join();
  std::printf("expiry  %s: %zu keys at one moment, gone after %.2f s\n", name.c_str(), keys, took);
  print("before", before);
  print("meanwhile", during);
}

}  // namespace navistore::bench
