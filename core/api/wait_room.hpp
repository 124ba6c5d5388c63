// SPDX-License-Identifier: Apache-2.0
// Where waiting requests are woken: by the feed, by a timer, by the engine.
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
#include "core/wake_later.hpp"

namespace navistore::api {

// Its work is done by one thread at a time: the room's own, or, where only a few guests are to be
// woken, the one that wakes them within a WakeLater, so that they wait for no other thread. Tasks
// are the room's own thread's, for they may be long. "In turn" means: by the one whose turn it is.
// Made by std::make_shared.
class WaitRoom final : public Sleeper, public std::enable_shared_from_this<WaitRoom> {
 public:
  // Somebody who has a seat: a request that waits, or a stream.
  class Guest {
   public:
    Guest() = default;
    virtual ~Guest() = default;
    Guest(const Guest &) = delete;
    Guest &operator=(const Guest &) = delete;
    virtual void wake() = 0;  // in turn
  };
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;
  using TimerKey = std::pair<Clock::time_point, uint64_t>;

  // Work on another thread that ends with a post(): the room is there as long as one is.
  using Errand = std::shared_ptr<void>;

  explicit WaitRoom(size_t seats);
  ~WaitRoom() override;  // stops
  WaitRoom(const WaitRoom &) = delete;
  WaitRoom &operator=(const WaitRoom &) = delete;

  // Ends the thread and who works in its place, forgets whoever still waits, and waits for the
  // errands. What is posted from then on comes to nothing. [one thread]
  void stop() NAVISTORE_EXCLUDES(mutex_);

  // Runs a task in turn. Tasks do not block. [any thread]
  void post(Task task) NAVISTORE_EXCLUDES(mutex_);
  // Wakes a guest in turn if it is still there then. Allocates nothing. [any thread]
  void wake(std::weak_ptr<Guest> guest) NAVISTORE_EXCLUDES(mutex_);
  TimerKey at(Clock::time_point when, Task task) NAVISTORE_EXCLUDES(mutex_);
  void cancel(const TimerKey &timer) NAVISTORE_EXCLUDES(mutex_);
  Errand begin_errand() NAVISTORE_EXCLUDES(mutex_);

  // Keeps a guest alive until it leaves. False: every seat is taken. [any thread]
  bool admit(std::shared_ptr<Guest> guest) NAVISTORE_EXCLUDES(mutex_);
  void leave(const std::shared_ptr<Guest> &guest) NAVISTORE_EXCLUDES(mutex_);
  size_t waiting() const NAVISTORE_EXCLUDES(mutex_);

  // Sleeper, for WakeLater
  void wake() override { changed_.notify_one(); }
  void relieve() override NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Work {
    std::vector<Task> tasks;
    std::vector<std::weak_ptr<Guest>> woken;
    size_t size() const { return tasks.size() + woken.size(); }
    bool empty() const { return size() == 0; }
    void run();  // and forgets it, but keeps the capacity
  };
  void add(FunctionRef<void(Work &)> put) NAVISTORE_EXCLUDES(mutex_);
  void run();
  // Blocks; begins a turn with all that is there. False: the room closes.
  bool take_work() NAVISTORE_EXCLUDES(mutex_);
  bool take_due() NAVISTORE_REQUIRES(mutex_);  // the same without waiting; false: nothing is due
  void end_turn() NAVISTORE_EXCLUDES(mutex_);
  void end_errand() NAVISTORE_EXCLUDES(mutex_);

  const size_t seats_;
  mutable Mutex mutex_;
  Condition changed_;
  Work work_ NAVISTORE_GUARDED_BY(mutex_);
  enum class Turn : uint8_t { kFree, kTaken } turn_ NAVISTORE_GUARDED_BY(mutex_) = Turn::kFree;
  bool thread_waits_ NAVISTORE_GUARDED_BY(mutex_) = false;  // for its turn
  Work at_hand_;                                            // of whose turn it is
  std::map<TimerKey, Task> timers_ NAVISTORE_GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<Guest>> guests_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t timer_count_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  size_t errands_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  enum class State : uint8_t { kOpen, kClosing } state_ NAVISTORE_GUARDED_BY(mutex_) = State::kOpen;
  std::thread thread_;
};

}  // namespace navistore::api
