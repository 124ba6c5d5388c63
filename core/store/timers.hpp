// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "core/mutex.hpp"
#include "core/store/callback.hpp"

namespace navistore::store {

// One thread that calls functions at times of the wall clock.
class Timers {
 public:
  // Destroying it ends the alarm: it does not run any more when the destructor returns.
  class Alarm {
   public:
    virtual ~Alarm() = default;
  };

  ~Timers() { stop(); }
  void start();
  void stop();  // no alarm runs any more

  // Calls ring() once on the timer thread at or after the time (Unix, ms). It only hands over.
  std::unique_ptr<Alarm> at(uint64_t time_ms, std::function<void()> ring)
      NAVISTORE_EXCLUDES(mutex_);

 private:
  using Ring = std::shared_ptr<Callback<>>;
  using Schedule = std::multimap<uint64_t, Ring>;
  class Entry;

  void run() NAVISTORE_EXCLUDES(mutex_);
  Ring wait_for_due() NAVISTORE_REQUIRES(mutex_);
  void cancel(uint64_t time_ms, const Ring &ring) NAVISTORE_EXCLUDES(mutex_);

  Mutex mutex_;
  navistore::Condition changed_;
  Schedule schedule_ NAVISTORE_GUARDED_BY(mutex_);
  bool stopping_ NAVISTORE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace navistore::store
