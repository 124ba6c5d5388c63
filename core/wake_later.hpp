// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace navistore {

// A thread that can be told that there is something for it.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  virtual void wake() = 0;  // [any thread]
};

// For who hands much to a few threads in a row: while one of these lives, what its thread wakes is
// woken once, at the end, and finds everything there. Waking costs more than what is handed over,
// and whoever is woken by the first piece mostly sleeps again before the second one.
class WakeLater {
 public:
  WakeLater() : outer_(std::exchange(innermost_, this)) {}
  ~WakeLater() {
    innermost_ = outer_;
    for (const std::shared_ptr<Sleeper> &sleeper : sleepers_) wake(sleeper);
  }
  WakeLater(const WakeLater &) = delete;
  WakeLater &operator=(const WakeLater &) = delete;

  // Now, or at the end of the outermost scope that this thread is in. [any thread]
  static void wake(std::shared_ptr<Sleeper> sleeper) {
    if (innermost_ == nullptr) return sleeper->wake();
    auto &later = innermost_->sleepers_;
    if (std::find(later.begin(), later.end(), sleeper) != later.end()) return;
    later.push_back(std::move(sleeper));
  }

 private:
  static inline thread_local WakeLater *innermost_ = nullptr;
  WakeLater *const outer_;
  std::vector<std::shared_ptr<Sleeper>> sleepers_;  // a few: one a worker
};

}  // namespace navistore
