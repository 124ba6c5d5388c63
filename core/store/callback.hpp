// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "core/mutex.hpp"

namespace navistore::store {

// A function that one thread calls and another may end. After close() returned it does not run and
// never will, unless close() was called from inside it.
template <class... Args>
class Callback {
 public:
  explicit Callback(std::function<void(Args...)> function) : function_(std::move(function)) {}

  void call(Args... args) {
    const Lock lock(mutex_);
    if (closed_) return;
    caller_ = std::this_thread::get_id();
    function_(args...);
    caller_ = std::thread::id();
  }
  void close() {
    closed_ = true;
    if (caller_.load() == std::this_thread::get_id()) return;
    const Lock lock(mutex_);
  }

 private:
  Mutex mutex_;  // held while the function runs
  std::atomic<bool> closed_{false};
  std::atomic<std::thread::id> caller_{std::thread::id()};
  const std::function<void(Args...)> function_;
};

}  // namespace navistore::store
