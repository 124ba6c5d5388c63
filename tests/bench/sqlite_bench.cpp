// SPDX-License-Identifier: Apache-2.0
// sqlite-bench PLUGIN.so EMPTY_DIR [CONFIG] [KEYS] [SECONDS] [ENGINE...]
// Compares the SQLite backend with SQLite used directly: point reads, durable upserts in groups,
// reads while commits go on, and the latency of commits. Prints one line for each engine and work,
// as it is measured.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "tests/bench/engine.hpp"
#include "tests/bench/stopwatch.hpp"

namespace navistore::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string plugin, dir, config = "{}";
  size_t keys = 100000;
  double seconds = 3;
  std::vector<std::string> only;
};

std::vector<std::string> random_keys(size_t count, const Settings &settings,
                                     std::mt19937_64 &random) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < count; ++i) keys.push_back(key_of(random() % settings.keys));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::shuffle(keys.begin(), keys.end(), random);
  return keys;
}

void fill(Engine &engine, const Settings &settings) {
  const std::string value(100, 'v');
  constexpr size_t kGroup = 1000;
  for (size_t i = 0; i < settings.keys; i += kGroup) {
    std::vector<std::string> keys;
    for (size_t k = i; k < std::min(i + kGroup, settings.keys); ++k) keys.push_back(key_of(k));
    engine.commit(keys, value);
  }
}

// Reads of all threads in a second.
double measure_reads(Engine &engine, const Settings &settings, unsigned threads,
                     const std::atomic<bool> &stop) {
  std::atomic<uint64_t> total{0};
  std::vector<std::thread> workers;
  const Clock::time_point start = Clock::now();
  for (unsigned t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      const auto read = engine.reader();
      std::mt19937_64 random(t + 1);
      std::vector<std::string> keys;
      for (int i = 0; i < 65536; ++i) keys.push_back(key_of(random() % settings.keys));
      uint64_t count = 0;
      while (!stop && seconds_since(start) < settings.seconds) {
        for (int i = 0; i < 256; ++i) {
          if (read(keys[count++ % keys.size()]) != 100) std::abort();
        }
      }
      total += count;
    });
  }
  for (std::thread &worker : workers) worker.join();
  return static_cast<double>(total) / seconds_since(start);
}

struct Commits {
  double rows = 0;  // in a second
  std::vector<double> micros;
  double at(double quantile) const {
    return micros[static_cast<size_t>(quantile * static_cast<double>(micros.size() - 1))];
  }
};

Commits measure_commits(Engine &engine, const Settings &settings, size_t group) {
  std::mt19937_64 random(group);
  std::string value(100, 'w');
  Commits commits;
  size_t rows = 0;
  double spent = 0;
  const Clock::time_point start = Clock::now();
  while (seconds_since(start) < settings.seconds) {
    const std::vector<std::string> keys = random_keys(group, settings, random);
    // SQLite does not write a page whose content stays the same.
    std::snprintf(value.data(), value.size(), "%017zu", commits.micros.size() + group);
    const Clock::time_point before = Clock::now();
    engine.commit(keys, value);
    const double took = seconds_since(before);
    commits.micros.push_back(took * 1e6);
    rows += keys.size();
    spent += took;
  }
  commits.rows = static_cast<double>(rows) / spent;
  std::sort(commits.micros.begin(), commits.micros.end());
  return commits;
}

void measure(const std::string &name, Engine &engine, const Settings &settings) {
  const std::atomic<bool> never{false};
  fill(engine, settings);
  for (const unsigned threads : {1U, 2U}) {
    std::printf("%-16s reads, %u threads   %9.0f/s\n", name.c_str(), threads,
                measure_reads(engine, settings, threads, never));
  }
  for (const size_t group : {1U, 64U, 256U}) {
    const Commits commits = measure_commits(engine, settings, group);
    std::printf(
        "%-16s upserts by %-7zu %9.0f rows/s   commit us: p50 %.0f p99 %.0f p99.9 %.0f max %.0f\n",
        name.c_str(), group, commits.rows, commits.at(0.5), commits.at(0.99), commits.at(0.999),
        commits.at(1));
    std::fflush(stdout);
  }
  double reads = 0;
  std::atomic<bool> stop{false};
  std::thread reader([&] { reads = measure_reads(engine, settings, 1, stop); });
  const Commits commits = measure_commits(engine, settings, 64);
  stop = true;
  reader.join();
  std::printf("%-16s both               %9.0f reads/s, %.0f rows/s by 64, p50 %.0f p99 %.0f\n",
              name.c_str(), reads, commits.rows, commits.at(0.5), commits.at(0.99));
  std::fflush(stdout);
}

void measure_all(const Settings &settings) {
  using Make = std::function<std::unique_ptr<Engine>(const std::string &)>;
  const auto raw = [](Schema schema, int pages, int page_bytes) {
    return [=](const std::string &dir) {
      return raw_sqlite(dir + "/raw.db", schema, pages, page_bytes);
    };
  };
  const std::map<std::string, Make> engines = {
      {"raw-bare", raw(Schema::kBare, 1000, 4096)},
      {"raw-index", raw(Schema::kRevisionIndex, 1000, 4096)},
      {"raw-own", raw(Schema::kPlugin, 1000, 4096)},
      {"raw-own-16M", raw(Schema::kPlugin, 4096, 4096)},
      {"raw-own-80M", raw(Schema::kPlugin, 20000, 4096)},
      {"raw-own-8k", raw(Schema::kPlugin, 500, 8192)},
      {"raw-rowid", raw(Schema::kPluginRowid, 1000, 4096)},
      {"plugin",
       [&](const std::string &dir) { return plugin(settings.plugin, dir, settings.config); }},
  };
  for (const auto &[name, make] : engines) {
    const auto &only = settings.only;
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    const std::string dir = settings.dir + "/" + name;
    std::filesystem::create_directories(dir);
    const std::unique_ptr<Engine> engine = make(dir);
    measure(name, *engine, settings);
  }
}

}  // namespace
}  // namespace navistore::bench

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr,
                 "usage: sqlite-bench PLUGIN.so EMPTY_DIR [CONFIG] [KEYS] [SECONDS] [ENGINE...]\n");
    return 2;
  }
  navistore::bench::Settings settings;
  settings.plugin = argv[1];
  settings.dir = argv[2];
  if (argc > 3) settings.config = argv[3];
  if (argc > 4) settings.keys = std::strtoull(argv[4], nullptr, 10);
  if (argc > 5) settings.seconds = std::strtod(argv[5], nullptr);
  for (int i = 6; i < argc; ++i) settings.only.emplace_back(argv[i]);
  navistore::bench::measure_all(settings);
  return 0;
}
