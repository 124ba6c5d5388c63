// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "core/mutex.hpp"
#include "core/result.hpp"

namespace navistore::store {

// Threads for what may block: scans, statistics, reads of a slow backend.
class ReaderPool {
 public:
  ReaderPool(unsigned threads, size_t max_tasks)
      : threads_wanted_(threads), max_tasks_(max_tasks) {}
  ~ReaderPool() { stop(); }
  void start();
  void stop();  // runs what was queued

  // kBusy: max_tasks wait already. kUnavailable: stopped.
  Outcome run(std::function<void()> task) NAVISTORE_EXCLUDES(mutex_);
  // For the store's own few tasks: never refused for being too many. False: stopped.
  bool post(std::function<void()> task) NAVISTORE_EXCLUDES(mutex_);

 private:
  void work() NAVISTORE_EXCLUDES(mutex_);

  const unsigned threads_wanted_;
  const size_t max_tasks_;
  Mutex mutex_;
  navistore::Condition filled_;
  std::deque<std::function<void()>> tasks_ NAVISTORE_GUARDED_BY(mutex_);
  bool stopping_ NAVISTORE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace navistore::store
