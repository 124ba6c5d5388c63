// SPDX-License-Identifier: Apache-2.0
#include "core/store/writer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/store/backend_store.hpp"
#include "core/store/backoff.hpp"
#include "core/wake_later.hpp"

namespace navistore::store {
namespace {

using std::chrono::steady_clock;

constexpr unsigned kMaxAttempts = 16;     // of a transaction that keeps an expiry
constexpr size_t kTransactionCost = 256;  // bytes of bookkeeping of one that waits
constexpr uint64_t kApplyTimeoutMs = 30'000;

uint64_t micros(steady_clock::duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

size_t payload_bytes(const Transaction &transaction) {
  size_t sum = 0;
  for (const Condition &condition : transaction.conditions) sum += condition.key.size();
  for (const Operation &op : transaction.operations) {
    sum += op.key.size() + op.value.size() + op.type.size() + op.meta.size();
    for (const auto &[name, value] : op.user) sum += name.size() + value.size();
  }
  return sum;
}

void fail(Pending &pending, Error error) {
  pending.result.kind = CommitResult::Kind::kFailed;
  pending.result.error = std::move(error);
}

Error not_there() { return {Code::kUnavailable, "the backend is being opened again"}; }

// Merges two parts of a group, each in its order.
std::vector<Pending *> in_order(const std::vector<Pending *> &group,
                                const std::vector<Pending *> &left,
                                const std::vector<Pending *> &right) {
  std::vector<Pending *> merged;
  auto next_left = left.begin();
  auto next_right = right.begin();
  for (Pending *pending : group) {
    const bool is_left = next_left != left.end() && *next_left == pending;
    const bool is_right = next_right != right.end() && *next_right == pending;
    if (is_left) ++next_left;
    if (is_right) ++next_right;
    if (is_left || is_right) merged.push_back(pending);
  }
  return merged;
}

}  // namespace

Writer::Writer(Context &context, Hooks hooks)
    : context_(context), hooks_(std::move(hooks)), queue_(context.options.max_queued_bytes) {}

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::stop() {
  if (!thread_.joinable()) return;
  queue_.close();
  thread_.join();
}

void Writer::answer(Pending &pending) { pending.done(std::move(pending.result)); }

Outcome Writer::check(const Transaction &transaction) const {
  const Facts &facts = context_.facts;
  const uint64_t limit = facts.max_transaction_operations;
  if (transaction.conditions.size() > limit || transaction.operations.size() > limit) {
    return Error{Code::kTooLarge, "more conditions or operations than a transaction takes"};
  }
  const auto bad_key = [&](const std::string &key) {
    return key.empty() || key.size() > facts.max_key;
  };
  for (const Condition &condition : transaction.conditions) {
    if (bad_key(condition.key)) return Error{Code::kInvalid, "a key is empty or too long"};
  }
  for (const Operation &op : transaction.operations) {
    if (bad_key(op.key)) return Error{Code::kInvalid, "a key is empty or too long"};
    if (op.value.size() > facts.max_value) return Error{Code::kTooLarge, "a value is too large"};
    if (op.kind == Operation::Kind::kCopy && !context_.replicating.load()) {
      return Error{Code::kInvalid, "the store has replication off"};
    }
  }
  if (facts.max_transaction_bytes != 0 &&
      payload_bytes(transaction) > facts.max_transaction_bytes) {
    return Error{Code::kTooLarge, "more bytes than a transaction takes"};
  }
  return Done{};
}

void Writer::submit(Transaction transaction, CommitCallback done) {
  Pending pending;
  pending.transaction = std::move(transaction);
  pending.done = std::move(done);
  pending.since = steady_clock::now();
  Outcome accepted = check(pending.transaction);
  if (accepted && !context_.published.is_published()) accepted = not_there();
  if (!accepted) {
    fail(pending, std::move(accepted).error());
    return answer(pending);
  }
  if (context_.facts.fast_writes) {
    const WakeLater later;
    if (commit_inline(pending)) return answer(pending);
  }
  pending.bytes = payload_bytes(pending.transaction) + kTransactionCost;
  const size_t cost = pending.bytes;
  CommitQueue::Entry entry(std::move(pending));
  ++unsettled_;
  if (Outcome pushed = queue_.push(entry, cost); !pushed) {
    --unsettled_;
    auto &refused = std::get<Pending>(entry);
    fail(refused, std::move(pushed).error());
    answer(refused);
  }
}

void Writer::submit_exclusive(ExclusiveTask task) {
  if (!context_.published.is_published()) return task.refused(not_there());
  CommitQueue::Entry entry(std::move(task));
  if (Outcome pushed = queue_.push(entry, 0); !pushed) {
    std::get<ExclusiveTask>(entry).refused(std::move(pushed).error());
  }
}

// False: something must be waited for, so the committer is to do it. Who waited for the mutex while
// the committer does one exclusive task after the other could wait for all of them: it is not fair.
// Whatever follows a transaction that was left to the committer is, too, so that what one caller
// submits is committed in that order.
bool Writer::commit_inline(Pending &pending) {
  if (company_ == Company::kAlone) return false;
  const Lock lock(commit_mutex_, Lock::Held::kBriefly);
  if (unsettled_ != 0) return false;
  const uint64_t next = context_.revision.load(std::memory_order_relaxed) + 1;
  if (company_ == Company::kAlone || missed_ || !context_.identity.covers(next, wall_clock_ms()))
    return false;
  commit({&pending});
  return true;
}

CommitResult Writer::commit_alone(Transaction transaction) {
  return commit_one(std::move(transaction), Expired::kHidden);
}

CommitResult Writer::commit_expired(Transaction transaction) {
  return commit_one(std::move(transaction), Expired::kVisible);
}

CommitResult Writer::commit_one(Transaction transaction, Expired expired) {
  Pending pending;
  pending.transaction = std::move(transaction);
  pending.since = steady_clock::now();
  if (Outcome accepted = check(pending.transaction); !accepted) {
    fail(pending, std::move(accepted).error());
    return pending.result;
  }
  const Lock lock(commit_mutex_);
  commit({&pending}, expired);
  return std::move(pending.result);
}

void Writer::run() {
  std::deque<CommitQueue::Entry> entries;
  Backoff backoff;
  while (queue_.take(entries, backoff.next_try())) {
    process(entries);
    if (context_.published.is_published() || !backoff.is_due(steady_clock::now())) continue;
    if (recover_alone()) {
      ++reopened_;
      backoff.opened(steady_clock::now());
    } else {
      backoff.failed(steady_clock::now());
    }
  }
}

bool Writer::fits(const Group &group, size_t bytes, const Pending &next) const {
  if (group.empty()) return true;
  if (context_.max_batch != 0 && group.size() >= context_.max_batch) return false;
  const uint64_t max_bytes = context_.facts.max_transaction_bytes;
  return max_bytes == 0 || bytes + next.bytes <= max_bytes;
}

void Writer::process(std::deque<CommitQueue::Entry> &entries) {
  while (!entries.empty()) {
    if (auto *task = std::get_if<ExclusiveTask>(&entries.front())) {
      run_alone(*task);
      entries.pop_front();
      continue;
    }
    Group group;
    size_t bytes = 0;
    for (CommitQueue::Entry &entry : entries) {
      auto *pending = std::get_if<Pending>(&entry);
      if (pending == nullptr || !fits(group, bytes, *pending)) break;
      bytes += pending->bytes;
      group.push_back(pending);
    }
    {
      const WakeLater later;  // whom the commits concern is told beside the answers
      commit_queued(group);
      for (Pending *pending : group) answer(*pending);
    }
    queue_.answered(bytes);
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(group.size()));
  }
}

void Writer::commit_queued(const Group &group) {
  const Lock lock(commit_mutex_);
  commit(group);
  unsettled_ -= group.size();
}

void Writer::run_alone(ExclusiveTask &task) {
  if (!context_.published.is_published()) return task.refused(not_there());
  set_company(Company::kAlone);
  task.work();
  set_company(Company::kOthers);
}

bool Writer::recover_alone() {
  set_company(Company::kAlone);
  const bool recovered = hooks_.recover();
  set_company(Company::kOthers);
  return recovered;
}

void Writer::set_company(Company company) {
  const Lock lock(commit_mutex_);
  company_ = company;
}

void Writer::commit(const Group &group, Expired expired) {
  Group left = group;
  for (unsigned lost = 0; lost < kMaxAttempts && !left.empty();) {
    const size_t before = left.size();
    left = attempt(left, expired);
    if (left.size() == before) ++lost;
  }
  for (Pending *pending : left) {
    fail(*pending, {Code::kBusy, "the item changes faster than it can be read and written"});
  }
}

Writer::Group Writer::attempt(const Group &group, Expired expired) {
  const uint64_t now_ms = wall_clock_ms();
  auto store = context_.published.use();
  Outcome ready = store ? prepare(*store, group.size(), now_ms) : Outcome(not_there());
  batch_.clear();
  const bool judged = expired == Expired::kHidden && context_.replicating.load();
  Group later;
  for (Pending *pending : group) {
    Outcome added = !ready   ? ready
                    : judged ? add_judged(*pending, now_ms, *store, later)
                             : batch_.add(*pending, context_.identity.clock(), now_ms, *store);
    if (!added) fail(*pending, std::move(added).error());
  }
  if (batch_.empty()) return later;
  Group again = conclude(apply(*store, expired == Expired::kHidden ? now_ms : 0));
  return later.empty() ? again : in_order(group, again, later);
}

Outcome Writer::add_judged(Pending &pending, uint64_t now_ms, BackendStore &store, Group &later) {
  Batch::Rules rules;
  rules.now_ms = now_ms;
  rules.tombstone_ms = context_.options.tombstone_ms;
  rules.max_checks = store.caps().max_txn_ops;
  if (context_.facts.shared) rules.writers = Batch::Rules::Writers::kMany;
  auto added = batch_.add_judged(pending, context_.identity.clock(), rules, store);
  if (!added) return std::move(added).error();
  if (added.value() == Batch::Added::kDeferred) later.push_back(&pending);
  return Done{};
}

// What must be on stable storage, and in the feed, before the next commit.
Outcome Writer::prepare(BackendStore &store, size_t transactions, uint64_t now_ms) {
  if (missed_) {
    if (Outcome caught_up = catch_up_feed(store); !caught_up) return caught_up;
  }
  const uint64_t may_reach = context_.revision.load(std::memory_order_relaxed) + transactions;
  if (context_.identity.covers(may_reach, now_ms)) return Done{};
  Outcome covered = context_.identity.cover(may_reach, now_ms);
  if (covered) return covered;
  // Nothing was sent, whatever is known of the bound itself.
  const bool full = covered.error().code == Code::kNoSpace;
  const Code code = full ? Code::kNoSpace : Code::kUnavailable;
  return Error{code, std::move(covered).error().message}.in("prepare a commit");
}

CallStatus Writer::apply(BackendStore &store, uint64_t judged_at_ms) {
  navi_apply request = batch_.request();
  if (context_.facts.durability == Durability::kSync) request.flags |= NAVI_F_DURABLE;
  request.now_ms = judged_at_ms;
  request.timeout_ms = kApplyTimeoutMs;
  const auto start = steady_clock::now();
  for (size_t i = 0; i < batch_.size(); ++i) wait_us_.add(micros(start - batch_.pending(i).since));
  batch_transactions_.add(batch_.size());
  const CallStatus status = store.apply(request, batch_.results());
  apply_us_.add(micros(steady_clock::now() - start));
  return status;
}

Writer::Group Writer::conclude(const CallStatus &status) {
  const Error failed = status.ok() ? Error{Code::kInternal, {}} : error_from(status, Call::kWrite);
  Group again;
  std::vector<CommitPtr> commits;
  uint64_t newest = 0;
  for (size_t i = 0; i < batch_.size(); ++i) {
    Pending &pending = batch_.pending(i);
    if (batch_.lost_race(i)) {
      again.push_back(&pending);
      continue;
    }
    batch_.conclude(i, failed, status.status);
    newest = std::max(newest, pending.result.revision);
    const bool unknown = pending.result.kind == CommitResult::Kind::kFailed &&
                         pending.result.error.code == Code::kOutcomeUnknown;
    missed_ = missed_ || unknown;
    if (CommitPtr commit = batch_.take_commit(i)) commits.push_back(std::move(commit));
  }
  context_.identity.answering(newest);
  context_.saw(newest);
  // Array order need not be revision order for transactions that share no key.
  std::sort(commits.begin(), commits.end(), [](const CommitPtr &left, const CommitPtr &right) {
    return left->revision < right->revision;
  });
  for (CommitPtr &commit : commits) {
    for (const Event &event : commit->events) {
      if (event.expires_ms != 0) hooks_.expires(event.expires_ms);
    }
    if (!context_.facts.shared) context_.feed->append(std::move(commit));
  }
  if (context_.facts.shared) context_.feed->ring_bell();
  return again;
}

void Writer::start_replicating() {
  const Lock lock(commit_mutex_);
  context_.replicating = true;
}

Metrics Writer::metrics() const {
  Metrics metrics;
  metrics.batch_transactions = batch_transactions_.read();
  metrics.wait_us = wait_us_.read();
  metrics.apply_us = apply_us_.read();
  metrics.queued_bytes = queue_.bytes();
  metrics.refused_busy = queue_.refused();
  metrics.reopened = reopened_.load();
  return metrics;
}

}  // namespace navistore::store
