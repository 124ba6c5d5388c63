// SPDX-License-Identifier: Apache-2.0
// What the request bodies that are being gathered may take together, whoever sends them.
#pragma once

#include <atomic>
#include <cstdint>

namespace navistore::http {

// [any thread]
class BodyBudget {
 public:
  explicit BodyBudget(uint64_t most) : most_(most) {}

  // Whether a body of that many bytes would find room now. Keeps nothing for it: a client that
  // only declares a body takes nothing from the others.
  bool has_room(uint64_t bytes) const { return admits(0, bytes, held()); }
  uint64_t held() const { return held_.load(std::memory_order_relaxed); }

  void count_refusal() { refused_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // What one body takes, until it is destroyed. The budget outlives it.
  class Share {
   public:
    explicit Share(BodyBudget &budget) : budget_(budget) {}
    ~Share() { budget_.held_.fetch_sub(bytes_, std::memory_order_relaxed); }
    Share(const Share &) = delete;
    Share &operator=(const Share &) = delete;

    // bytes more. False: they find no room, which counts as a refusal.
    bool take(uint64_t bytes);

   private:
    BodyBudget &budget_;
    uint64_t bytes_ = 0;
  };

 private:
  // A body that is alone has room whatever its size, which is bounded by its own limit: otherwise
  // a larger one than the budget could never come.
  bool admits(uint64_t own, uint64_t bytes, uint64_t held) const {
    return held == own || (bytes <= most_ && held <= most_ - bytes);
  }

  const uint64_t most_;
  std::atomic<uint64_t> held_{0};
  std::atomic<uint64_t> refused_{0};
};

}  // namespace navistore::http
