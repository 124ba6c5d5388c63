// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/function_ref.hpp"
#include "core/mutex.hpp"

namespace navistore {

// Between an owner and those who work for it on threads that outlive it.
class Gate {
 public:
  // Runs work inside the gate; once it is closed, not at all. [any thread]
  void pass(FunctionRef<void()> work) NAVISTORE_EXCLUDES(mutex_) {
    if (enter() == Entry::kRefused) return;
    const Visit visit(*this);
    work();
  }
  // Lets nobody in any more, and waits until everybody inside has left. Not from the inside.
  void close() NAVISTORE_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    state_ = State::kClosed;
    while (inside_ != 0) left_.wait(mutex_);
  }

 private:
  // Also where the work throws.
  class Visit {
   public:
    explicit Visit(Gate &gate) : gate_(gate) {}
    ~Visit() { gate_.leave(); }
    Visit(const Visit &) = delete;
    Visit &operator=(const Visit &) = delete;

   private:
    Gate &gate_;
  };
  enum class Entry : uint8_t { kAdmitted, kRefused };

  Entry enter() NAVISTORE_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (state_ == State::kClosed) return Entry::kRefused;
    ++inside_;
    return Entry::kAdmitted;
  }
  void leave() NAVISTORE_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }

  Mutex mutex_;
  Condition left_;
  size_t inside_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  enum class State : uint8_t { kOpen, kClosed } state_ NAVISTORE_GUARDED_BY(mutex_) = State::kOpen;
};

}  // namespace navistore
