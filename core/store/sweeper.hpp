// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/mutex.hpp"
#include "core/result.hpp"
#include "core/store/context.hpp"
#include "core/store/timers.hpp"
#include "core/store/writer.hpp"

namespace navistore::store {

// Removes what has expired: an alarm at the earliest expiry starts a sweep, which goes through the
// commit queue a page at a time, so that other writes come between. Nothing that expires, no work.
class Sweeper {
 public:
  Sweeper(Context &context, Timers &timers, Writer &writer)
      : context_(context), timers_(timers), writer_(writer) {}

  // An item that expires then was written, or may be there. [any thread]
  void expects(uint64_t expires_ms) NAVISTORE_EXCLUDES(mutex_);
  // Whether something may be due. [any thread] Takes no lock.
  bool may_be_due(uint64_t now_ms) const { return next_ms_.load() <= now_ms; }
  // Removes all that is due now; done is called on the committer thread.
  void sweep(std::function<void(Outcome)> done);
  void stop() NAVISTORE_EXCLUDES(mutex_);  // no alarm is set any more

 private:
  using Swept = std::function<void(Outcome)>;
  using AlarmPtr = std::unique_ptr<Timers::Alarm>;
  void queue_page(uint64_t now_ms, const std::shared_ptr<Swept> &done);
  void page(uint64_t now_ms, const std::shared_ptr<Swept> &done);
  Result<Writer::Purged> remove_page(uint64_t now_ms);
  Result<Writer::Purged> scan_page(uint64_t now_ms);  // where the backend has no purge
  Operation removal_of(const navi_item &item) const;
  Outcome look_ahead();  // finds the next expiry
  void note(const Outcome &swept) const;
  void retry_later() NAVISTORE_EXCLUDES(mutex_);
  void wait_again() NAVISTORE_EXCLUDES(mutex_);  // for next_ms_
  // Returns the alarm before, which the caller ends without the lock: if it rings just now, what it
  // runs takes the lock, too.
  [[nodiscard]] AlarmPtr set_alarm(uint64_t expires_ms) NAVISTORE_REQUIRES(mutex_);

  Context &context_;
  Timers &timers_;
  Writer &writer_;
  std::atomic<uint64_t> next_ms_{UINT64_MAX};  // no item expires before; written under mutex_
  std::string cursor_;                         // of scan_page(); the committer's

  Mutex mutex_;
  AlarmPtr alarm_ NAVISTORE_GUARDED_BY(mutex_);
  bool stopped_ NAVISTORE_GUARDED_BY(mutex_) = false;
};

}  // namespace navistore::store
