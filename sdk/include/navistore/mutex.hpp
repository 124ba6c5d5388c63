// SPDX-License-Identifier: Apache-2.0
// std::mutex and std::condition_variable with Clang's thread-safety attributes, for backends that
// let `clang -Wthread-safety` prove that guarded members are touched only under their lock.
// Optional: nothing else in the SDK needs it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define NAVISTORE_ATTRIBUTE(x) __attribute__((x))
#else
#define NAVISTORE_ATTRIBUTE(x)
#endif
#define NAVISTORE_GUARDED_BY(mutex) NAVISTORE_ATTRIBUTE(guarded_by(mutex))
#define NAVISTORE_REQUIRES(mutex) NAVISTORE_ATTRIBUTE(requires_capability(mutex))
#define NAVISTORE_EXCLUDES(mutex) NAVISTORE_ATTRIBUTE(locks_excluded(mutex))

namespace navistore::backend {

class NAVISTORE_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() NAVISTORE_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() NAVISTORE_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class NAVISTORE_ATTRIBUTE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex &mutex) NAVISTORE_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() NAVISTORE_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

 private:
  Mutex &mutex_;
};

// A condition variable for Mutex. Callers loop: while (!ready_) condition_.wait(mutex_);
class Condition {
 public:
  void wait(Mutex &mutex) NAVISTORE_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // Returns false when the deadline passed. The greatest time_point of a clock never comes.
  template <class Clock, class Duration>
  bool wait_until(Mutex &mutex, const std::chrono::time_point<Clock, Duration> &deadline)
      NAVISTORE_REQUIRES(mutex) {
    if (deadline == std::chrono::time_point<Clock, Duration>::max()) {
      wait(mutex);
      return true;
    }
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace navistore::backend
