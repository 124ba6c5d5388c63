// SPDX-License-Identifier: Apache-2.0
// engine-limit ENGINE BACKEND_DIR EMPTY_DIR KEYS VALUE_BYTES SECONDS [WORK,WORK...] [CONFIG]
// What an engine does without a server: the limit of whatever serves it. ENGINE is memory (the
// backend), sqlite (SQLite itself, the backend's tables), sqlite-bare (two columns) or
// sqlite-plugin (the backend). Fills it and prints a line for each work, as tests/bench/run does:
//   WORK engine-ENGINE RATE P50 P99 FAILED BYTES
// get: random keys, two threads. put: random keys; SQLite by 64 in a durable transaction, in one
// thread; memory one by one, two threads. list: 1,000 items, two threads. Latencies are those of a
// commit, us, or 0.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "tests/bench/engine.hpp"
#include "tests/bench/stopwatch.hpp"

namespace navistore::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kThreads = 2;    // as many as tests/bench/run gives to wrk
constexpr int kLogPages = 64 << 8;  // 64 MiB, as the backend's log
constexpr int kPageBytes = 4096;
constexpr size_t kGroup = 64;

struct Settings {
  std::string name;
  size_t keys = 0, value_bytes = 0;
  double seconds = 0;
};

struct Rate {
  double per_second = 0;
  std::vector<double> micros;
};

// SQLite does not write a page whose content stays the same, so every value differs.
std::string value_of(const Settings &settings, uint64_t number) {
  std::string value = std::to_string(number);
  value.resize(settings.value_bytes, 'v');
  return value;
}

void fill(Engine &engine, const Settings &settings) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < settings.keys; ++i) {
    keys.push_back(key_of(i));
    if (keys.size() < 1000 && i + 1 < settings.keys) continue;
    engine.commit(keys, value_of(settings, i));
    keys.clear();
  }
}

// Calls what `make` makes for each thread with a random number, until the time is over.
Rate in_threads(const Settings &settings, unsigned threads,
                const std::function<std::function<void(uint64_t)>()> &make) {
  std::atomic<uint64_t> done{0};
  std::vector<std::thread> running;
  const Clock::time_point start = Clock::now();
  for (unsigned thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      const auto work = make();
      std::mt19937_64 random(thread + 1);
      uint64_t count = 0;
      for (; seconds_since(start) < settings.seconds; ++count) work(random() % settings.keys);
      done += count;
    });
  }
  for (std::thread &thread : running) thread.join();
  return {static_cast<double>(done) / seconds_since(start), {}};
}

Rate get(Engine &engine, const Settings &settings) {
  return in_threads(settings, kThreads, [&] {
    return [&settings, read = engine.reader()](uint64_t number) {
      if (read(key_of(number)) != settings.value_bytes) std::abort();
    };
  });
}

Rate list(Engine &engine, const Settings &settings) {
  const size_t last = settings.keys - std::min(settings.keys, kListItems);
  return in_threads(settings, kThreads, [&, last] {
    return [last, list = engine.lister()](uint64_t number) {
      if (list(key_of(std::min<uint64_t>(number, last))) == 0) std::abort();
    };
  });
}

Rate put_each(Engine &engine, const Settings &settings) {
  return in_threads(settings, kThreads, [&] {
    return [&engine, &settings](uint64_t number) {
      engine.commit({key_of(number)}, value_of(settings, number));
    };
  });
}

Rate put_groups(Engine &engine, const Settings &settings) {
  std::mt19937_64 random(kGroup);
  Rate rate;
  uint64_t rows = 0;
  const Clock::time_point start = Clock::now();
  while (seconds_since(start) < settings.seconds) {
    std::vector<std::string> keys;
    for (size_t i = 0; i < kGroup; ++i) keys.push_back(key_of(random() % settings.keys));
    const Clock::time_point before = Clock::now();
    engine.commit(keys, value_of(settings, random()));
    rate.micros.push_back(seconds_since(before) * 1e6);
    rows += kGroup;
  }
  rate.per_second = static_cast<double>(rows) / seconds_since(start);
  std::sort(rate.micros.begin(), rate.micros.end());
  return rate;
}

void print(const char *work, const Settings &settings, const Rate &rate) {
  const auto at = [&](double quantile) {
    if (rate.micros.empty()) return 0.0;
    return rate.micros[static_cast<size_t>(quantile * static_cast<double>(rate.micros.size() - 1))];
  };
  std::printf("%s engine-%s %.1f %.0f %.0f 0 0\n", work, settings.name.c_str(), rate.per_second,
              at(0.5), at(0.99));
  std::fflush(stdout);
}

std::unique_ptr<Engine> open(const std::string &name, const std::string &backends,
                             const std::string &dir, const std::string &config) {
  const std::string file = dir + "/raw.db";
  if (name == "memory") return plugin(backends + "/libnavistore_memory.so", dir, config);
  if (name == "sqlite-plugin") return plugin(backends + "/libnavistore_sqlite.so", dir, config);
  if (name == "sqlite") return raw_sqlite(file, Schema::kPlugin, kLogPages, kPageBytes);
  if (name == "sqlite-bare") return raw_sqlite(file, Schema::kBare, kLogPages, kPageBytes);
  return nullptr;
}

bool is_wanted(const char *work, const std::string &wanted) {
  std::istringstream works(wanted);
  for (std::string one; std::getline(works, one, ',');) {
    if (one == work) return true;
  }
  return false;
}

void measure(Engine &engine, const Settings &settings, const std::string &wanted) {
  fill(engine, settings);
  if (is_wanted("get", wanted)) print("get", settings, get(engine, settings));
  if (is_wanted("put", wanted)) {
    const bool alone = settings.name == "memory";
    print("put", settings, alone ? put_each(engine, settings) : put_groups(engine, settings));
  }
  if (is_wanted("list", wanted)) print("list", settings, list(engine, settings));
}

}  // namespace
}  // namespace navistore::bench

int main(int argc, char **argv) {
  using navistore::bench::Settings;
  const Settings settings =
      argc < 7 ? Settings{}
               : Settings{argv[1], std::strtoull(argv[4], nullptr, 10),
                          std::strtoull(argv[5], nullptr, 10), std::strtod(argv[6], nullptr)};
  const auto engine =
      argc < 7 ? nullptr
               : navistore::bench::open(argv[1], argv[2], argv[3], argc > 8 ? argv[8] : "{}");
  if (engine == nullptr || settings.keys == 0) {
    std::fprintf(stderr,
                 "usage: engine-limit memory|sqlite|sqlite-bare|sqlite-plugin BACKEND_DIR "
                 "EMPTY_DIR KEYS VALUE_BYTES SECONDS [WORK,WORK...] [CONFIG]\n");
    return 2;
  }
  navistore::bench::measure(*engine, settings, argc > 7 ? argv[7] : "get,put,list");
  return 0;
}
