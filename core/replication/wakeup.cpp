// SPDX-License-Identifier: Apache-2.0
#include "core/replication/wakeup.hpp"

namespace navistore::replication {

void Wakeup::wake() {
  const Lock lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Wakeup::hurry() {
  const Lock lock(mutex_);
  woken_ = true;
  hurried_ = true;
  changed_.notify_all();
}

void Wakeup::stop() {
  const Lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool Wakeup::stopped() const {
  const Lock lock(mutex_);
  return stopped_;
}

void Wakeup::wait(Clock::time_point deadline) {
  const Lock lock(mutex_);
  while (!woken_ && !stopped_) {
    if (deadline == Clock::time_point::max()) {
      changed_.wait(mutex_);
    } else if (!changed_.wait_until(mutex_, deadline)) {
      break;
    }
  }
  woken_ = false;
}

void Wakeup::pause(Clock::time_point deadline) {
  const Lock lock(mutex_);
  while (!hurried_ && !stopped_ && changed_.wait_until(mutex_, deadline)) {
  }
  hurried_ = false;
}

}  // namespace navistore::replication
