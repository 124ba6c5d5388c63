// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace navistore::bench {

using Clock = std::chrono::steady_clock;

inline uint64_t now_ns() {
  return static_cast<uint64_t>(Clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

// Durations in nanoseconds.
class Samples {
 public:
  void add(uint64_t ns) { values_.push_back(ns); }
  size_t count() const { return values_.size(); }

  // "p50 0.123 ms, p99 0.456 ms, max 0.789 ms"
  std::string text() {
    if (values_.empty()) return "nothing";
    std::sort(values_.begin(), values_.end());
    char line[96];
    std::snprintf(line, sizeof line, "p50 %.3f ms, p99 %.3f ms, max %.3f ms", ms(0.5), ms(0.99),
                  ms(1));
    return line;
  }

 private:
  double ms(double quantile) const {
    const auto last = static_cast<double>(values_.size() - 1);
    return static_cast<double>(values_[static_cast<size_t>(last * quantile)]) / 1e6;
  }

  std::vector<uint64_t> values_;
};

}  // namespace navistore::bench
