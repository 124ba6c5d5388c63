// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>

#include "navistore/mutex.hpp"

namespace navistore::memory {

// The host's bell of navistore.watch/1. Costs one load while nobody listens.
class Doorbell {
 public:
  using Bell = void (*)(void *) noexcept;

  // From now on ring() calls bell(ctx); nullptr: no bell runs when this returns, nor later.
  // [concurrent]
  void arm(Bell bell, void *ctx) {
    const backend::Lock lock(mutex_);
    bell_ = bell;
    ctx_ = ctx;
    armed_.store(bell != nullptr, std::memory_order_seq_cst);
  }

  // After a commit is visible, and after its lock was released: whoever armed before reading missed
  // nothing then. [concurrent]
  void ring() noexcept {
    if (!armed_.load(std::memory_order_seq_cst)) return;
    const backend::Lock lock(mutex_);
    if (bell_ != nullptr) bell_(ctx_);
  }

 private:
  std::atomic<bool> armed_{false};
  backend::Mutex mutex_;
  Bell bell_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
  void *ctx_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace navistore::memory
