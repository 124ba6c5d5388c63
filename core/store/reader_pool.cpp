// SPDX-License-Identifier: Apache-2.0
#include "core/store/reader_pool.hpp"

#include <utility>

namespace navistore::store {

void ReaderPool::start() {
  for (unsigned i = 0; i < threads_wanted_; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

void ReaderPool::stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
    filled_.notify_all();
  }
  for (std::thread &thread : threads_) thread.join();
  threads_.clear();
}

Outcome ReaderPool::run(std::function<void()> task) {
  {
    const Lock lock(mutex_);
    if (!stopping_ && tasks_.size() >= max_tasks_) {
      return Error{Code::kBusy, "too many reads are queued"};
    }
  }
  if (!post(std::move(task))) return Error{Code::kUnavailable, "the store is closing"};
  return Done{};
}

bool ReaderPool::post(std::function<void()> task) {
  const Lock lock(mutex_);
  if (stopping_) return false;
  tasks_.push_back(std::move(task));
  filled_.notify_one();
  return true;
}

void ReaderPool::work() {
  for (;;) {
    std::function<void()> task;
    {
      const Lock lock(mutex_);
      while (tasks_.empty() && !stopping_) filled_.wait(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace navistore::store
