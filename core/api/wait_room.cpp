// SPDX-License-Identifier: Apache-2.0
#include "core/api/wait_room.hpp"

namespace navistore::api {

WaitRoom::WaitRoom(size_t seats) : seats_(seats), thread_([this] { run(); }) {}

WaitRoom::~WaitRoom() { stop(); }

void WaitRoom::stop() {
  {
    const Lock lock(mutex_);
    state_ = State::kClosing;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
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
    if (!first) return;
  }
  changed_.notify_one();
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

void WaitRoom::take_work(Work &work) {
  const Lock lock(mutex_);
  while (state_ != State::kClosing) {
    std::swap(work, work_);
    const auto now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      work.tasks.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    if (!work.empty()) return;
    if (timers_.empty()) {
      changed_.wait(mutex_);
    } else {
      const auto next = timers_.begin()->first.first;
      changed_.wait_until(mutex_, next);
    }
  }
}

void WaitRoom::run() {
  for (Work work;;) {  // which keeps its capacity
    take_work(work);
    if (work.empty()) return;
    for (const Task &task : work.tasks) task();
    work.tasks.clear();
    for (const std::weak_ptr<Guest> &woken : work.woken) {
      if (const auto guest = woken.lock()) guest->wake();
    }
    work.woken.clear();
  }
}

}  // namespace navistore::api
