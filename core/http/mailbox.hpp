// SPDX-License-Identifier: Apache-2.0
// How other threads reach a worker: a queue, and an eventfd that wakes it once a burst.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/function_ref.hpp"
#include "core/mutex.hpp"
#include "core/wake_later.hpp"

namespace navistore::http {

// Something to be done on the worker thread.
class Letter {
 public:
  virtual ~Letter() = default;
  virtual void deliver() = 0;  // [worker]
};

class Mailbox final : public Sleeper, public std::enable_shared_from_this<Mailbox> {
 public:
  Mailbox();  // throws std::system_error when no descriptor is left
  ~Mailbox() override;
  Mailbox(const Mailbox &) = delete;
  Mailbox &operator=(const Mailbox &) = delete;

  // Readable when there are letters. To be watched edge-triggered: it is never read.
  int descriptor() const { return descriptor_; }
  // Letters to a closed mailbox are dropped. The worker is woken by way of WakeLater. [any thread]
  void post(std::shared_ptr<Letter> letter) NAVISTORE_EXCLUDES(mutex_);
  // Delivers all letters that are there, in order, and returns how many; pause runs after each
  // portion of them, so that what they left behind is not much. A letter that throws does not keep
  // the next ones from being delivered. [worker]
  size_t deliver_all(FunctionRef<void()> pause = [] {}) NAVISTORE_EXCLUDES(mutex_);
  void close() NAVISTORE_EXCLUDES(mutex_);
  void wake() override;

 private:
  const int descriptor_;
  Mutex mutex_;
  std::vector<std::shared_ptr<Letter>> letters_ NAVISTORE_GUARDED_BY(mutex_);
  bool signalled_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool closed_ NAVISTORE_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Letter>> delivering_;  // the worker's; keeps its capacity
};

}  // namespace navistore::http
