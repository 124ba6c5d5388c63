// SPDX-License-Identifier: Apache-2.0
// Figures of the write path, for whoever shows them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace navistore::store {

// Counts by powers of two: bucket i holds values below 2^i that are not in an earlier bucket.
struct Distribution {
  static constexpr size_t kBuckets = 32;
  std::array<uint64_t, kBuckets> buckets{};
  uint64_t count = 0;
  uint64_t sum = 0;
};

class Histogram {
 public:
  void add(uint64_t value) {  // one thread at a time
    size_t bucket = 0;
    while (bucket + 1 < Distribution::kBuckets && value >> bucket != 0) ++bucket;
    increase(buckets_[bucket], 1);
    increase(count_, 1);
    increase(sum_, value);
  }
  Distribution read() const {  // [any thread] each figure is exact, together they may be a step off
    Distribution result;
    for (size_t i = 0; i < Distribution::kBuckets; ++i) {
      result.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    result.count = count_.load(std::memory_order_relaxed);
    result.sum = sum_.load(std::memory_order_relaxed);
    return result;
  }

 private:
  static void increase(std::atomic<uint64_t> &figure, uint64_t by) {
    figure.store(figure.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, Distribution::kBuckets> buckets_{};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> sum_{0};
};

struct Metrics {
  Distribution batch_transactions;  // in one apply()
  Distribution wait_us;             // of a transaction, from submit to its apply()
  Distribution apply_us;            // of one apply()
  uint64_t queued_bytes = 0;        // now
  uint64_t refused_busy = 0;        // writes refused because too much was queued
  uint64_t reopened = 0;            // times that a dead store was opened again
};

}  // namespace navistore::store
