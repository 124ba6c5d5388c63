// SPDX-License-Identifier: Apache-2.0
#include "core/api/wait_room.hpp"

namespace navistore::api {
namespace {

constexpr size_t kFew = 32;  // guests

}  // namespace

WaitRoom::WaitRoom(size_t seats) : seats_(seats), thread_([this] { run(); }) {}

WaitRoom::~WaitRoom() { stop(); }

void WaitRoom::stop() {
  {
    const Lock lock(mutex_);
    state_ = State::kClosing;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  {
    const Lock lock(mutex_);
    while (turn_ == Turn::kTaken) changed_.wait(mutex_);
  }
  // What is destroyed may end registrations, whose callbacks take the lock: so not under it.
  std::unordered_set<std::shared_ptr<Guest>> guests;
  std::map<TimerKey, Task> timers;
  Work work;
  {
    const Lock lock(mutex_);
    guests.swap(guests_);
    timers.swap(timers_);
    std::swap(work, work_);
  }
  guests.clear();
  timers.clear();
  work = {};
  const Lock lock(mutex_);
  while (errands_ != 0) changed_.wait(mutex_);
}

WaitRoom::Errand WaitRoom::begin_errand() {
  {
    const Lock lock(mutex_);
    ++errands_;
  }
  return {this, [](WaitRoom *room) { room->end_errand(); }};
}

void WaitRoom::end_errand() {
  const Lock lock(mutex_);
  if (--errands_ == 0) changed_.notify_all();  // under the lock: the room may go right after it
}

void WaitRoom::add(FunctionRef<void(Work &)> put) {
  {
    const Lock lock(mutex_);
    if (state_ == State::kClosing) return;
    const bool first = work_.empty();
    put(work_);
    if (!first || turn_ == Turn::kTaken) return;  // somebody is told already, or looks again
  }
  WakeLater::relieve(shared_from_this());
}

void WaitRoom::post(Task task) {
  add([&](Work &work) { work.tasks.push_back(std::move(task)); });
}

void WaitRoom::wake(std::weak_ptr<Guest> guest) {
  add([&](Work &work) { work.woken.push_back(std::move(guest)); });
}

WaitRoom::TimerKey WaitRoom::at(Clock::time_point when, Task task) {
  const Lock lock(mutex_);
  const TimerKey key{when, ++timer_count_};
  if (state_ == State::kClosing) return key;
  timers_.emplace(key, std::move(task));
  if (timers_.begin()->first == key) changed_.notify_one();
  return key;
}

void WaitRoom::cancel(const TimerKey &timer) {
  const Lock lock(mutex_);
  timers_.erase(timer);
}

bool WaitRoom::admit(std::shared_ptr<Guest> guest) {
  const Lock lock(mutex_);
  if (guests_.size() >= seats_) return false;
  guests_.insert(std::move(guest));
  return true;
}

void WaitRoom::leave(const std::shared_ptr<Guest> &guest) {
  const Lock lock(mutex_);
  guests_.erase(guest);
}

size_t WaitRoom::waiting() const {
  const Lock lock(mutex_);
  return guests_.size();
}

void WaitRoom::Work::run() {
  for (const Task &task : tasks) task();
  tasks.clear();
  for (const std::weak_ptr<Guest> &each : woken) {
    if (const auto guest = each.lock()) guest->wake();
  }
  woken.clear();
}

bool WaitRoom::take_due() {
  std::swap(at_hand_, work_);
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    at_hand_.tasks.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
  }
  if (at_hand_.empty()) return false;
  turn_ = Turn::kTaken;
  return true;
}

bool WaitRoom::take_work() {
  const Lock lock(mutex_);
  while (state_ != State::kClosing) {
    if (turn_ == Turn::kFree && take_due()) return true;
    thread_waits_ = turn_ == Turn::kTaken;
    if (thread_waits_ || timers_.empty()) {
      changed_.wait(mutex_);
    } else {
      const auto next = timers_.begin()->first.first;
      changed_.wait_until(mutex_, next);
    }
  }
  return false;
}

void WaitRoom::end_turn() {
  const Lock lock(mutex_);
  turn_ = Turn::kFree;
  if (!work_.empty() || thread_waits_ || state_ == State::kClosing) changed_.notify_one();
}

void WaitRoom::run() {
  while (take_work()) {
    at_hand_.run();
    end_turn();
  }
}

void WaitRoom::relieve() {
  {
    const Lock lock(mutex_);
    if (state_ == State::kClosing || turn_ == Turn::kTaken) return;
    if (!work_.tasks.empty() || work_.woken.size() > kFew) return changed_.notify_one();
    std::swap(at_hand_, work_);
    turn_ = Turn::kTaken;
  }
  at_hand_.run();
  end_turn();
}

}  // namespace navistore::api
