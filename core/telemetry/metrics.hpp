// SPDX-License-Identifier: Apache-2.0
// Counters of the request path. Each thread counts in lines of its own, so counting never moves a
// cache line between cores; a scrape adds them up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace navistore::telemetry {

// Prometheus text exposition format 0.0.4. Appends to out; names and help are literals.
class MetricsText {
 public:
  enum class Kind : uint8_t { kCounter, kGauge, kHistogram };
  explicit MetricsText(std::string &out) : out_(out) {}

  // Begins a family: its HELP and TYPE lines.
  MetricsText &family(std::string_view name, Kind kind, std::string_view help);
  // One sample of the family begun last. labels: "a=\"x\",b=\"y\"" or empty.
  MetricsText &sample(std::string_view labels, uint64_t value);
  // With a name suffix, as "_bucket".
  MetricsText &sample(std::string_view suffix, std::string_view labels, std::string_view value);

 private:
  std::string &out_;
  std::string_view name_;
};

// Durations in buckets that double from 8 us to 16 s; above it: +Inf.
inline constexpr size_t kBuckets = 22;
inline constexpr uint64_t kFirstBoundNs = 8'000;
size_t bucket_of(uint64_t nanoseconds) noexcept;  // kBuckets: above the last bound

// Requests by route and status, and how long they took. Routes are named once, at construction.
class RequestMetrics {
 public:
  explicit RequestMetrics(std::vector<std::string_view> routes);

  // [any thread]
  void count(size_t route, int status, uint64_t times = 1) noexcept;
  void observe(size_t route, uint64_t nanoseconds) noexcept;
  void write(MetricsText &text) const;

 private:
  static constexpr size_t kFirstStatus = 200;
  static constexpr size_t kStatuses = 312;  // by number, up to 511; others are not counted apart
  static constexpr size_t kShards = 64;     // threads beyond share
  struct Route {
    std::array<std::atomic<uint64_t>, kBuckets + 1> buckets{};
    std::atomic<uint64_t> nanoseconds{0};
    std::array<std::atomic<uint64_t>, kStatuses> statuses{};
  };
  struct alignas(128) Shard {
    std::vector<Route> routes;
  };
  Route &mine(size_t route) noexcept;
  void write_counts(MetricsText &text) const;
  void write_durations(MetricsText &text) const;

  const std::vector<std::string_view> routes_;
  std::vector<Shard> shards_;
};

}  // namespace navistore::telemetry
