// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "navistore/mutex.hpp"

namespace navistore::sqlite {

// The host's doorbell (navistore.watch/1). It rings on the thread that committed.
class Bell {
 public:
  using Ring = void (*)(void *) noexcept;

  // nullptr disarms; when that returns, no bell runs and none will. [concurrent]
  void arm(Ring bell, void *context) noexcept {
    const backend::Lock lock(mutex_);
    ring_ = bell;
    context_ = context;
    armed_.store(bell != nullptr);
  }

  // Rings if it is armed. [concurrent]
  void ring() noexcept {
    if (!armed_.load()) return;
    const backend::Lock lock(mutex_);
    if (ring_ != nullptr) ring_(context_);
  }

 private:
  std::atomic<bool> armed_{false};
  backend::Mutex mutex_;
  Ring ring_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
  void *context_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace navistore::sqlite
