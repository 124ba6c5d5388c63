// SPDX-License-Identifier: Apache-2.0
#include "core/store/sweeper.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

constexpr uint64_t kPageItems = 256;      // removed at once: what a write waits for at most
constexpr uint64_t kScannedItems = 4096;  // looked at at once where there is no purge
constexpr uint64_t kPauseMs = 20;         // between sweeps: items that expire one by one share one

constexpr uint64_t kRetryMs = 1'000;  // after a sweep that failed

}  // namespace

void Sweeper::expects(uint64_t expires_ms) {
  if (expires_ms == 0 || expires_ms >= next_ms_.load()) return;
  AlarmPtr before;
  const Lock lock(mutex_);
  if (expires_ms >= next_ms_.load()) return;
  next_ms_ = expires_ms;
  before = set_alarm(expires_ms);
}

Sweeper::AlarmPtr Sweeper::set_alarm(uint64_t expires_ms) {
  AlarmPtr before = std::move(alarm_);
  if (stopped_ || expires_ms == UINT64_MAX) return before;
  alarm_ = timers_.at(std::max(expires_ms, wall_clock_ms() + kPauseMs),
                      [this] { sweep([this](const Outcome &swept) { note(swept); }); });
  return before;
}

// Where the backend is away that was said already.
void Sweeper::note(const Outcome &swept) const {
  if (swept || !context_.published.is_published()) return;
  context_.log(LogLevel::kWarning, swept.error().message);
}

void Sweeper::stop() {
  AlarmPtr before;
  const Lock lock(mutex_);
  stopped_ = true;
  before = std::move(alarm_);
}

void Sweeper::sweep(Swept done) {
  queue_page(wall_clock_ms(), std::make_shared<Swept>(std::move(done)));
}

void Sweeper::queue_page(uint64_t now_ms, const std::shared_ptr<Swept> &done) {
  writer_.submit_exclusive({[this, now_ms, done] { page(now_ms, done); },
                            [this, done](Error error) {
                              retry_later();
                              (*done)(std::move(error).in("remove expired items"));
                            }});
}

void Sweeper::page(uint64_t now_ms, const std::shared_ptr<Swept> &done) {
  if (!may_be_due(now_ms)) {  // a sweep before this one did it, or the wall clock stepped back
    wait_again();
    return (*done)(Done{});
  }
  auto removed = remove_page(now_ms);
  if (removed && removed.value() == Writer::Purged::kSome) return queue_page(now_ms, done);
  if (removed) return (*done)(look_ahead());
  retry_later();
  (*done)(std::move(removed).error());
}

void Sweeper::retry_later() {
  AlarmPtr before;
  const Lock lock(mutex_);
  next_ms_ = wall_clock_ms();
  before = set_alarm(next_ms_ + kRetryMs);
}

void Sweeper::wait_again() {
  AlarmPtr before;
  const Lock lock(mutex_);
  before = set_alarm(next_ms_);
}

Result<Writer::Purged> Sweeper::remove_page(uint64_t now_ms) {
  if (context_.facts.upkeep && context_.facts.changes) {
    return writer_.purge_page(now_ms, kPageItems);
  }
  return scan_page(now_ms);
}

// With replication on the delete must travel, so a tombstone with the item's own stamp stays.
Operation Sweeper::removal_of(const navi_item &item) const {
  Operation op;
  op.kind = Operation::Kind::kDelete;
  op.key = view(item.key);
  const MetaView meta(view(item.meta));
  if (!context_.replicating.load() || meta.tombstone()) return op;
  op.kind = Operation::Kind::kCopy;
  op.meta = tombstone_of(meta, item.expires_ms);
  op.expiry = Expiry{Expiry::Kind::kAt, item.expires_ms + context_.options.tombstone_ms};
  return op;
}

Result<Writer::Purged> Sweeper::scan_page(uint64_t now_ms) {
  auto store = context_.published.use();
  if (!store) return Error{Code::kUnavailable, "the backend is not there"};
  Transaction removal;
  const uint64_t at_once = std::min(kPageItems, context_.facts.max_transaction_operations);
  uint64_t seen = 0;
  navi_scan request{};
  request.flags = NAVI_F_NO_VALUE | NAVI_F_AFTER;
  request.now_ms = 0;  // so that expired items show
  const std::string start = cursor_;
  request.start = bytes(start);
  navi_reply reply;
  const CallStatus status = store->scan(
      request,
      [&](uint64_t, const navi_item &item) {
        cursor_ = view(item.key);
        if (item.expires_ms != 0 && item.expires_ms <= now_ms) {
          removal.conditions.push_back({Condition::Kind::kRevision, cursor_, item.revision});
          removal.operations.push_back(removal_of(item));
        }
        return ++seen < kScannedItems && removal.operations.size() < at_once;
      },
      reply);
  if (!status.ok()) return error_from(status, Call::kRead).in("find expired items");
  const bool stopped = seen == kScannedItems || removal.operations.size() == at_once;
  const bool more = stopped || (reply.flags & NAVI_MORE) != 0;
  if (!more) cursor_.clear();
  if (!removal.operations.empty()) {
    const CommitResult result = writer_.commit_expired(std::move(removal));
    if (result.kind == CommitResult::Kind::kFailed) return result.error;
  }
  return more ? Writer::Purged::kSome : Writer::Purged::kAll;
}

// Nothing is written meanwhile, so no expiry falls between the question and the alarm.
Outcome Sweeper::look_ahead() {
  auto store = context_.published.use();
  if (!store) return Error{Code::kUnavailable, "the backend is not there"};
  navi_stats stats;
  const CallStatus status = store->stats(stats);
  if (!status.ok()) {
    retry_later();
    return error_from(status, Call::kRead).in("find the next expiry");
  }
  AlarmPtr before;
  const Lock lock(mutex_);
  next_ms_ = stats.next_expiry_ms == 0 ? UINT64_MAX : stats.next_expiry_ms;
  before = set_alarm(next_ms_);
  return Done{};
}

}  // namespace navistore::store
