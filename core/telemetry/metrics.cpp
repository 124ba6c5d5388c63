// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/metrics.hpp"

#include <charconv>

namespace navistore::telemetry {
namespace {

size_t this_thread_number() noexcept {
  static std::atomic<size_t> next{0};
  thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

std::string seconds(uint64_t nanoseconds) {
  std::array<char, 40> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(nanoseconds) / 1e9)
          .ptr;
  return {text.data(), end};
}

std::string label(std::string_view route) { return "route=\"" + std::string(route) + "\""; }

}  // namespace

MetricsText &MetricsText::family(std::string_view name, Kind kind, std::string_view help) {
  constexpr std::array<std::string_view, 3> kKinds = {"counter", "gauge", "histogram"};
  name_ = name;
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  out_.append(" ").append(kKinds.at(static_cast<size_t>(kind))).append("\n");
  return *this;
}

MetricsText &MetricsText::sample(std::string_view labels, uint64_t value) {
  return sample({}, labels, std::to_string(value));
}

MetricsText &MetricsText::sample(std::string_view suffix, std::string_view labels,
                                 std::string_view value) {
  out_.append(name_).append(suffix);
  if (!labels.empty()) out_.append("{").append(labels).append("}");
  out_.append(" ").append(value).append("\n");
  return *this;
}

size_t bucket_of(uint64_t nanoseconds) noexcept {
  uint64_t rest = nanoseconds == 0 ? 0 : (nanoseconds - 1) / kFirstBoundNs;
  size_t bucket = 0;
  while (rest != 0 && bucket < kBuckets) {
    rest >>= 1U;
    ++bucket;
  }
  return bucket;
}

RequestMetrics::RequestMetrics(std::vector<std::string_view> routes)
    : routes_(std::move(routes)), shards_(kShards) {
  for (Shard &shard : shards_) shard.routes = std::vector<Route>(routes_.size());
}

RequestMetrics::Route &RequestMetrics::mine(size_t route) noexcept {
  return shards_[this_thread_number() % kShards].routes[route];
}

void RequestMetrics::count(size_t route, int status, uint64_t times) noexcept {
  const size_t at = static_cast<size_t>(status) - kFirstStatus;  // of a smaller one: a huge number
  if (at >= kStatuses) return;
  mine(route).statuses[at].fetch_add(times, std::memory_order_relaxed);
}

void RequestMetrics::observe(size_t route, uint64_t nanoseconds) noexcept {
  Route &counters = mine(route);
  counters.buckets[bucket_of(nanoseconds)].fetch_add(1, std::memory_order_relaxed);
  counters.nanoseconds.fetch_add(nanoseconds, std::memory_order_relaxed);
}

void RequestMetrics::write(MetricsText &text) const {
  write_counts(text);
  write_durations(text);
}

void RequestMetrics::write_counts(MetricsText &text) const {
  text.family("navistore_http_requests_total", MetricsText::Kind::kCounter,
              "Answered requests by route and status.");
  for (size_t route = 0; route < routes_.size(); ++route) {
    for (size_t at = 0; at < kStatuses; ++at) {
      uint64_t sum = 0;
      for (const Shard &shard : shards_) {
        sum += shard.routes[route].statuses[at].load(std::memory_order_relaxed);
      }
      if (sum == 0) continue;
      const std::string status = std::to_string(kFirstStatus + at);
      text.sample(label(routes_[route]) + ",code=\"" + status + "\"", sum);
    }
  }
}

void RequestMetrics::write_durations(MetricsText &text) const {
  text.family("navistore_http_request_duration_seconds", MetricsText::Kind::kHistogram,
              "Time from a request's arrival to its answer, without requests that asked to wait.");
  for (size_t route = 0; route < routes_.size(); ++route) {
    uint64_t count = 0;
    uint64_t nanoseconds = 0;
    std::array<uint64_t, kBuckets + 1> sums{};
    for (const Shard &shard : shards_) {
      const Route &counters = shard.routes[route];
      nanoseconds += counters.nanoseconds.load(std::memory_order_relaxed);
      for (size_t i = 0; i < sums.size(); ++i) {
        sums.at(i) += counters.buckets.at(i).load(std::memory_order_relaxed);
      }
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      count += sums.at(i);
      const std::string bound = i == kBuckets ? "+Inf" : seconds(kFirstBoundNs << i);
      text.sample("_bucket", label(routes_[route]) + ",le=\"" + bound + "\"",
                  std::to_string(count));
    }
    text.sample("_sum", label(routes_[route]), seconds(nanoseconds));
    text.sample("_count", label(routes_[route]), std::to_string(count));
  }
}

}  // namespace navistore::telemetry
