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
  // Does on the caller's thread what there is for the sleeper, where that is little; else wakes it.
  // [any thread] The caller holds no lock.
  virtual void relieve() { wake(); }
};

// For who hands much to a few threads in a row: while one of these lives, what its thread wakes is
// woken once, at the end, and finds everything there. Waking costs more than what is handed over,
// and whoever is woken by the first piece mostly sleeps again before the second one.
class WakeLater {
 public:
  WakeLater() : outer_(std::exchange(innermost_, this)) {}
  ~WakeLater() {
    // What is done for others may wake and relieve more, which then comes last, and in the end is
    // woken whatever it is.
    for (size_t i = 0; outer_ == nullptr && i < std::min(relieved_.size(), kMostRelieved); ++i) {
      const std::shared_ptr<Sleeper> sleeper = std::exchange(relieved_[i], nullptr);
      sleeper->relieve();
    }
    innermost_ = outer_;
    for (const std::shared_ptr<Sleeper> &sleeper : relieved_) {
      if (sleeper) relieve(sleeper);
    }
    for (const std::shared_ptr<Sleeper> &sleeper : sleepers_) wake(sleeper);
  }
  WakeLater(const WakeLater &) = delete;
  WakeLater &operator=(const WakeLater &) = delete;

  // Now, or at the end of the outermost scope that this thread is in. [any thread]
  static void wake(std::shared_ptr<Sleeper> sleeper) {
    if (innermost_ == nullptr) return sleeper->wake();
    add(innermost_->sleepers_, std::move(sleeper));
  }
  // The same, but at the end of a scope the sleeper is relieved. Outside of one it is woken: the
  // caller may hold locks then. [any thread]
  static void relieve(std::shared_ptr<Sleeper> sleeper) {
    if (innermost_ == nullptr) return sleeper->wake();
    add(innermost_->relieved_, std::move(sleeper));
  }

 private:
  static constexpr size_t kMostRelieved = 8;
  using Sleepers = std::vector<std::shared_ptr<Sleeper>>;  // a few: one a worker

  static void add(Sleepers &to, std::shared_ptr<Sleeper> sleeper) {
    if (std::find(to.begin(), to.end(), sleeper) == to.end()) to.push_back(std::move(sleeper));
  }

  static inline thread_local WakeLater *innermost_ = nullptr;
  WakeLater *const outer_;
  Sleepers sleepers_;
  Sleepers relieved_;
};

}  // namespace navistore
