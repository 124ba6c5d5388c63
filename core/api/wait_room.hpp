// SPDX-License-Identifier: Apache-2.0
// A thread on which waiting requests are woken: by the feed, by a timer, by the engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/function_ref.hpp"
#include "core/mutex.hpp"

namespace navistore::api {

class WaitRoom {
 public:
  // Somebody who has a seat: a request that waits, or a stream.
  class Guest {
   public:
    Guest() = default;
    virtual ~Guest() = default;
    Guest(const Guest &) = delete;
    Guest &operator=(const Guest &) = delete;
    virtual void wake() = 0;  // on the room's thread
  };
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;
  using TimerKey = std::pair<Clock::time_point, uint64_t>;

  // Work on another thread that ends with a post(): the room is there as long as one is.
  using Errand = std::shared_ptr<void>;

  explicit WaitRoom(size_t seats);
  ~WaitRoom();  // stops
  WaitRoom(const WaitRoom &) = delete;
  WaitRoom &operator=(const WaitRoom &) = delete;

  // Ends the thread, forgets whoever still waits, and waits for the errands. What is posted from
  // then on comes to nothing. [one thread]
  void stop() NAVISTORE_EXCLUDES(mutex_);

  // Runs a task on the room's thread. Tasks do not block. [any thread]
  void post(Task task) NAVISTORE_EXCLUDES(mutex_);
  // Wakes a guest on the room's thread if it is still there then. Allocates nothing. [any thread]
  void wake(std::weak_ptr<Guest> guest) NAVISTORE_EXCLUDES(mutex_);
  TimerKey at(Clock::time_point when, Task task) NAVISTORE_EXCLUDES(mutex_);
  void cancel(const TimerKey &timer) NAVISTORE_EXCLUDES(mutex_);
  Errand begin_errand() NAVISTORE_EXCLUDES(mutex_);

  // Keeps a guest alive until it leaves. False: every seat is taken. [any thread]
  bool admit(std::shared_ptr<Guest> guest) NAVISTORE_EXCLUDES(mutex_);
  void leave(const std::shared_ptr<Guest> &guest) NAVISTORE_EXCLUDES(mutex_);
  size_t waiting() const NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Work {
    std::vector<Task> tasks;
    std::vector<std::weak_ptr<Guest>> woken;
    bool empty() const { return tasks.empty() && woken.empty(); }
  };
  void add(FunctionRef<void(Work &)> put) NAVISTORE_EXCLUDES(mutex_);
  void run();
  // Blocks; empty: the room closes. Takes work, which is empty, in exchange for what is there.
  void take_work(Work &work) NAVISTORE_EXCLUDES(mutex_);
  void end_errand() NAVISTORE_EXCLUDES(mutex_);

  const size_t seats_;
  mutable Mutex mutex_;
  Condition changed_;
  Work work_ NAVISTORE_GUARDED_BY(mutex_);
  std::map<TimerKey, Task> timers_ NAVISTORE_GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<Guest>> guests_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t timer_count_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  size_t errands_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  enum class State : uint8_t { kOpen, kClosing } state_ NAVISTORE_GUARDED_BY(mutex_) = State::kOpen;
  std::thread thread_;
};

}  // namespace navistore::api
