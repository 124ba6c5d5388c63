// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/mutex.hpp"
#include "core/store/batch.hpp"
#include "core/store/commit_queue.hpp"
#include "core/store/context.hpp"
#include "core/store/metrics.hpp"
#include "core/store/status.hpp"

namespace navistore::store {

// The only one that writes. A transaction is committed on the caller's thread where the backend
// never waits, else by the committer thread, which takes all that gathered while it waited for the
// disk and commits it as one group.
class Writer {
 public:
  struct Hooks {
    // Opens a dead backend again; true when it is published. On the committer thread.
    std::function<bool()> recover;
    // An item with this expiry was written. [any thread]
    std::function<void(uint64_t expires_ms)> expires;
  };

  Writer(Context &context, Hooks hooks);
  ~Writer() { stop(); }
  void start();
  void stop();  // finishes what was queued
  void nudge() { queue_.nudge(); }

  void submit(Transaction transaction, CommitCallback done) NAVISTORE_EXCLUDES(commit_mutex_);
  // Runs the task alone on the committer thread: no other write of this server comes between.
  // Refused on the caller's thread while the backend is being opened again.
  void submit_exclusive(ExclusiveTask task);
  Metrics metrics() const;

  // The rest only inside of an exclusive task, or before start().
  CommitResult commit_alone(Transaction transaction) NAVISTORE_EXCLUDES(commit_mutex_);
  // The same, judged as if no item had expired: so expired ones can be removed.
  CommitResult commit_expired(Transaction transaction) NAVISTORE_EXCLUDES(commit_mutex_);
  enum class Purged { kAll, kSome };  // kSome: more is due
  Result<Purged> purge_page(uint64_t now_ms, uint64_t max_items) NAVISTORE_EXCLUDES(commit_mutex_);
  Result<uint64_t> clear() NAVISTORE_EXCLUDES(commit_mutex_);
  void start_replicating() NAVISTORE_EXCLUDES(commit_mutex_);  // for every later transaction
  // Brings the feed up to what the backend has, after something was written past it.
  Outcome reconcile(BackendStore &store) NAVISTORE_EXCLUDES(commit_mutex_);

 private:
  using Group = std::vector<Pending *>;

  void run();
  void process(std::deque<CommitQueue::Entry> &entries) NAVISTORE_EXCLUDES(commit_mutex_);
  void commit_queued(const Group &group) NAVISTORE_EXCLUDES(commit_mutex_);
  void run_alone(ExclusiveTask &task) NAVISTORE_EXCLUDES(commit_mutex_);
  bool recover_alone() NAVISTORE_EXCLUDES(commit_mutex_);
  enum class Company : uint8_t { kAlone, kOthers };
  void set_company(Company company) NAVISTORE_EXCLUDES(commit_mutex_);
  bool commit_inline(Pending &pending) NAVISTORE_EXCLUDES(commit_mutex_);
  bool fits(const Group &group, size_t bytes, const Pending &next) const;
  Outcome check(const Transaction &transaction) const;

  enum class Expired : uint8_t { kHidden, kVisible };
  CommitResult commit_one(Transaction transaction, Expired expired)
      NAVISTORE_EXCLUDES(commit_mutex_);
  void commit(const Group &group, Expired expired = Expired::kHidden)
      NAVISTORE_REQUIRES(commit_mutex_);
  // Returns those that lost a race over an added check.
  Group attempt(const Group &group, Expired expired) NAVISTORE_REQUIRES(commit_mutex_);
  // later: gets the transaction when it must wait for another of the group.
  Outcome add_judged(Pending &pending, uint64_t now_ms, BackendStore &store, Group &later)
      NAVISTORE_REQUIRES(commit_mutex_);
  Outcome prepare(BackendStore &store, size_t transactions, uint64_t now_ms)
      NAVISTORE_REQUIRES(commit_mutex_);
  CallStatus apply(BackendStore &store, uint64_t judged_at_ms) NAVISTORE_REQUIRES(commit_mutex_);
  Group conclude(const CallStatus &status) NAVISTORE_REQUIRES(commit_mutex_);
  Outcome catch_up_feed(BackendStore &store) NAVISTORE_REQUIRES(commit_mutex_);
  Outcome restart_feed(BackendStore &store) NAVISTORE_REQUIRES(commit_mutex_);
  void show_epoch(uint64_t epoch, uint64_t beginning) NAVISTORE_REQUIRES(commit_mutex_);
  static void answer(Pending &pending);

  Context &context_;
  const Hooks hooks_;
  CommitQueue queue_;

  // Held around apply() and the hand-over to the feed: that is what puts commits into the feed in
  // revision order when several threads commit.
  mutable Mutex commit_mutex_;
  Batch batch_ NAVISTORE_GUARDED_BY(commit_mutex_);
  // kAlone: the committer does something that no inline write may disturb. Written under
  // commit_mutex_.
  std::atomic<Company> company_{Company::kOthers};
  bool missed_ NAVISTORE_GUARDED_BY(commit_mutex_) = false;  // the feed may lack something

  Histogram batch_transactions_;  // written under commit_mutex_
  Histogram wait_us_;
  Histogram apply_us_;
  std::atomic<uint64_t> reopened_{0};
  // Transactions that are queued, or taken from the queue and not yet committed. Counted before
  // the push; lowered, and compared by inline writers, under commit_mutex_.
  std::atomic<size_t> unsettled_{0};

  std::thread thread_;
};

}  // namespace navistore::store
