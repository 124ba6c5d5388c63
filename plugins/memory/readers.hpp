// SPDX-License-Identifier: Apache-2.0
// Who is reading, so that the writer knows when memory that it took out of sight can be reused:
// epoch-based reclamation (K. Fraser, "Practical lock-freedom", 2004, section 5.2.3) with counters
// in place of thread records, so that a thread needs no registration.
//
// A reader pins the current epoch. The epoch moves from e to e + 1 only when nobody is pinned in e
// - 1. So what was taken out of sight in epoch g can be reached by nobody once the epoch is g + 2:
// readers pinned in g or before kept it from getting there, and readers pinned later learned the
// epoch from a writer that had already unlinked it.
//
// A reader touches one cache line that only threads of the same stripe write, and never waits.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace navistore::memory {

class Readers {
 public:
  // Keeps everything that is in sight from being freed until it is destroyed. Cheap; one at a time
  // is enough.
  class Pin {
   public:
    explicit Pin(const Readers &readers) : count_(readers.enter()) {}
    ~Pin() { count_.fetch_sub(1, std::memory_order_release); }
    Pin(const Pin &) = delete;
    Pin &operator=(const Pin &) = delete;

   private:
    std::atomic<uint32_t> &count_;
  };

  // Moves to the next epoch, unless a reader of the previous one is left. One thread at a time.
  bool try_advance() noexcept {
    const uint64_t epoch = epoch_.load(std::memory_order_relaxed);
    for (const Stripe &stripe : stripes_) {
      if (stripe.counts[(epoch - 1) % kEpochs].load(std::memory_order_seq_cst) != 0) return false;
    }
    epoch_.store(epoch + 1, std::memory_order_seq_cst);
    return true;
  }

 private:
  static constexpr size_t kEpochs = 4;  // three are in use; four makes the remainder a mask
  static constexpr size_t kStripes = 64;
  struct alignas(128) Stripe {  // two lines: the adjacent-line prefetcher pairs them
    std::array<std::atomic<uint32_t>, kEpochs> counts{};
  };

  // Sequentially consistent: either the writer's check in try_advance() sees the count, or the
  // second look at the epoch sees that it has moved.
  std::atomic<uint32_t> &enter() const {
    Stripe &stripe = stripes_[this_thread() % kStripes];
    for (;;) {
      const uint64_t epoch = epoch_.load(std::memory_order_seq_cst);
      std::atomic<uint32_t> &count = stripe.counts[epoch % kEpochs];
      count.fetch_add(1, std::memory_order_seq_cst);
      if (epoch_.load(std::memory_order_seq_cst) == epoch) return count;
      count.fetch_sub(1, std::memory_order_release);
    }
  }

  // Threads are numbered as they come, so that 64 of them have a stripe each.
  static uint32_t this_thread() {
    static std::atomic<uint32_t> threads{0};
    static thread_local const uint32_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
  }

  alignas(128) std::atomic<uint64_t> epoch_{1};
  mutable std::array<Stripe, kStripes> stripes_;
};

}  // namespace navistore::memory
