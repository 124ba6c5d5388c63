// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>

namespace navistore::sqlite {

// The host's doorbell (navistore.watch/1). It rings on the thread that committed.
class Bell {
 public:
  using Ring = void (*)(void *) noexcept;

  // nullptr disarms; when that returns, no bell runs and none will. [concurrent]
  void arm(Ring bell, void *context) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    ring_ = bell;
    context_ = context;
    armed_.store(bell != nullptr);
  }

  // Rings if it is armed. [concurrent]
  void ring() noexcept {
    if (!armed_.load()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ring_ != nullptr) ring_(context_);
  }

 private:
  std::atomic<bool> armed_{false};
  std::mutex mutex_;  // guards the rest
  Ring ring_ = nullptr;
  void *context_ = nullptr;
};

}  // namespace navistore::sqlite
