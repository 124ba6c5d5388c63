// SPDX-License-Identifier: Apache-2.0
// std::mutex and std::condition_variable with Clang's thread-safety attributes, which libstdc++
// does not carry. With them `clang -Wthread-safety` proves that guarded members are touched only
// under their lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(__clang__)
#define NAVISTORE_ATTRIBUTE(x) __attribute__((x))
#else
#define NAVISTORE_ATTRIBUTE(x)
#endif
#define NAVISTORE_GUARDED_BY(mutex) NAVISTORE_ATTRIBUTE(guarded_by(mutex))
#define NAVISTORE_REQUIRES(mutex) NAVISTORE_ATTRIBUTE(requires_capability(mutex))
#define NAVISTORE_EXCLUDES(mutex) NAVISTORE_ATTRIBUTE(locks_excluded(mutex))

namespace navistore {

class NAVISTORE_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() NAVISTORE_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() NAVISTORE_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  // Looks for some microseconds whether the mutex is free before it sleeps: where it is held for as
  // long as that, to be put to sleep and woken takes more time of both sides than to look.
  void lock_brief() NAVISTORE_ATTRIBUTE(acquire_capability()) {
    static const bool others_run = std::thread::hardware_concurrency() > 1;
    constexpr unsigned kLooks = 16;
    constexpr unsigned kPauses = 32;  // between two of them
    for (unsigned look = 0; others_run && look < kLooks; ++look) {
      if (mutex_.try_lock()) return;
      for (unsigned i = 0; i < kPauses; ++i) relax();
    }
    mutex_.lock();
  }

 private:
  friend class Condition;
  // Tells the processor that this loop waits.
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::mutex mutex_;
};

class NAVISTORE_ATTRIBUTE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex &mutex) NAVISTORE_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  // For what is held for a few microseconds: Mutex::lock_brief().
  enum class Held { kBriefly };
  Lock(Mutex &mutex, Held /*held*/) NAVISTORE_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock_brief();
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
  // Returns false when the deadline passed.
  template <class Clock, class Duration>
  bool wait_until(Mutex &mutex, const std::chrono::time_point<Clock, Duration> &deadline)
      NAVISTORE_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace navistore
