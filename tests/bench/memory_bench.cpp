// SPDX-License-Identifier: Apache-2.0
// What the memory backend does without a server: memory-bench PLUGIN.so [KEYS]
// Loads KEYS (default 100,000) keys of 16 bytes with values of 100 bytes and metas of 40, and
// prints resident memory a key, and the rates of random reads and overwrites with 1 and 2 threads,
// 2 seconds each.
#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "navistore/backend.hpp"
#include "tests/bench/stopwatch.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using navistore::backend::bytes;
using navistore::bench::seconds_since;

constexpr auto kRound = std::chrono::seconds(2);
const std::string kMeta(40, 'm');

// Processor time of this thread: on a machine with other work it says what the wall clock cannot.
double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Resident memory in bytes.
double resident() {
  std::ifstream statm("/proc/self/statm");
  uint64_t all = 0, pages = 0;
  statm >> all >> pages;
  return static_cast<double>(pages) * 4096;
}

[[noreturn]] void fail(const std::string &why) {
  std::fprintf(stderr, "memory-bench: %s\n", why.c_str());
  std::exit(1);
}

struct Backend {
  explicit Backend(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) fail(dlerror());
    const auto *entry = static_cast<const navi_entry *>(dlsym(library, "navistore_backend_entry"));
    if (entry == nullptr) fail("not a backend");
    api = static_cast<const navi_store_api *>(entry->get_interface(NAVI_STORE_1));
    navi_open request{};
    request.size = sizeof(request);
    request.config = "{}";
    request.data_dir = ".";
    request.ns = "bench";
    navi_caps caps{};
    caps.size = sizeof(caps);
    navi_error error{};
    error.size = sizeof(error);
    if (api->open(&request, &store, &caps, &error) != NAVI_OK) fail(error.text);
  }

  const navi_store_api *api;
  navi_store *store = nullptr;
};

using Key = std::array<char, 16>;

Key key_of(uint64_t number) {
  Key key{'k', 'e', 'y', ':'};
  for (size_t i = key.size(); i-- > 4; number /= 10) key[i] = static_cast<char>('0' + number % 10);
  return key;
}

void put(const Backend &backend, uint64_t number, const std::string &value) {
  const Key key = key_of(number);
  const navi_op op{bytes({key.data(), key.size()}), bytes(value), bytes(kMeta), 0, NAVI_OP_PUT, 0};
  uint8_t found = 0;
  const navi_txn txn{nullptr, &op, 0, 1, 0, 0, &found};
  const navi_apply request{sizeof(navi_apply), 0, 1, 0, &txn, 1};
  navi_result result{NAVI_MAYBE, 0, 0, 0};
  if (backend.api->apply(backend.store, &request, &result, nullptr) != NAVI_OK ||
      result.status != NAVI_OK)
    fail("a put failed");
}

int32_t copy_value(void *buffer, uint64_t, const navi_item *item) noexcept {
  std::memcpy(buffer, item->value.ptr, std::min<size_t>(item->value.len, 128));
  return 0;
}

void get(const Backend &backend, uint64_t number) {
  const Key key = key_of(number);
  const navi_bytes name = bytes({key.data(), key.size()});
  const navi_read request{sizeof(navi_read), 0, 1, 0, &name, 1};
  char buffer[128] = {};
  const navi_sink sink{buffer, &copy_value};
  navi_reply reply{sizeof(navi_reply), 0, 0};
  backend.api->read(backend.store, &request, &sink, &reply, nullptr);
  if (buffer[0] == 0) fail("a key is missing");
}

int32_t count_item(void *count, uint64_t, const navi_item *) noexcept {
  ++*static_cast<uint64_t *>(count);
  return 0;
}

void scan_page(const Backend &backend, uint64_t number) {
  const Key key = key_of(number);
  uint64_t count = 0;
  const navi_sink sink{&count, &count_item};
  navi_scan request{};
  request.size = sizeof(request);
  request.now_ms = 1;
  request.start = bytes({key.data(), key.size()});
  request.max_items = 1000;
  navi_reply reply{sizeof(navi_reply), 0, 0};
  backend.api->scan(backend.store, &request, &sink, &reply, nullptr);
}

// xorshift64*: the loop must not be about the random numbers.
uint64_t next_random(uint64_t &state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1du;
}

// Calls work(random number) in `threads` threads for one round, and prints the rate.
template <class Work>
void measure(const char *name, unsigned threads, const Work &work) {
  std::atomic<uint64_t> done{0};
  std::vector<double> busy(threads);
  std::vector<std::thread> running;
  const auto start = Clock::now();
  for (unsigned i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      uint64_t state = 88172645463325252u + i, count = 0;
      while (Clock::now() - start < kRound) {
        for (int repeat = 0; repeat < 64; ++repeat, ++count) work(next_random(state));
      }
      done += count;
      busy[i] = thread_seconds();
    });
  }
  for (std::thread &thread : running) thread.join();
  const auto count = static_cast<double>(done);
  std::printf("%-18s %u threads %11.0f /s %7.0f ns of processor time each\n", name, threads,
              count / seconds_since(start),
              1e9 * std::accumulate(busy.begin(), busy.end(), 0.0) / count);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) fail("usage: memory-bench PLUGIN.so [KEYS]");
  const uint64_t keys = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100000;
  const Backend backend(argv[1]);
  const double before = resident();
  const std::string value(100, 'v');
  const auto start = Clock::now();
  // In an order that is not that of the keys: an odd factor below 2^64 permutes the numbers below a
  // power of two.
  uint64_t power = 1;
  while (power < keys) power *= 2;
  for (uint64_t i = 0; i < power; ++i) {
    const uint64_t number = (i * 0x9e3779b97f4a7c15u) & (power - 1);
    if (number < keys) put(backend, number, value);
  }
  std::printf("%llu keys: loaded in %.2f s, %.1f bytes a key\n",
              static_cast<unsigned long long>(keys), seconds_since(start),
              (resident() - before) / static_cast<double>(keys));
  for (const unsigned threads : {1u, 2u}) {
    measure("get", threads, [&](uint64_t random) { get(backend, random % keys); });
    measure("put", threads, [&](uint64_t random) { put(backend, random % keys, value); });
  }
  measure("scan 1,000 items", 1, [&](uint64_t random) { scan_page(backend, random % keys); });
  std::printf("%.1f bytes a key at the end, the history included\n",
              (resident() - before) / static_cast<double>(keys));
  const auto closing = Clock::now();
  backend.api->close(backend.store);
  std::printf("closed in %.2f s\n", seconds_since(closing));
}
