// SPDX-License-Identifier: Apache-2.0
// std::mutex with Clang's thread-safety attributes, for backends that let `clang -Wthread-safety`
// prove that guarded members are touched only under their lock. Optional: nothing else in the SDK
// needs it.
#pragma once

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

}  // namespace navistore::backend
