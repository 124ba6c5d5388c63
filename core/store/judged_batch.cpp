// SPDX-License-Identifier: Apache-2.0
// How a transaction enters a batch with replication on.
#include <algorithm>
#include <utility>

#include "core/store/backend_store.hpp"
#include "core/store/batch.hpp"

namespace navistore::store {
namespace {

std::string new_meta(const Operation &op, const Stamp &stamp, uint64_t now_ms) {
  Meta meta;
  meta.modified_ms = now_ms;
  meta.stamp = stamp;
  meta.tombstone = op.kind == Operation::Kind::kDelete;
  if (!meta.tombstone) {
    meta.type = op.type;
    meta.size = op.value.size();
    meta.user = op.user;
  }
  std::string encoded;
  encode_meta(meta, encoded);
  return encoded;
}

// A copied tombstone says here what there was to be seen here. What is due was not yet seen to end.
std::string copied_meta(const Operation &copy, const Judge::Current &current) {
  const MetaView meta(copy.meta);
  if (!meta.tombstone()) return copy.meta;
  const bool seen = current.revision != 0 && current.life == Life::kLive;
  return tombstone_over(seen ? Seen::kSomething : Seen::kNothing, meta);
}

uint64_t expiry_of(const Operation &op, const Judge::Current &current, const Batch::Rules &rules) {
  if (op.kind == Operation::Kind::kDelete) return rules.now_ms + rules.tombstone_ms;
  switch (op.expiry.kind) {
    case Expiry::Kind::kAt: return op.expiry.at_ms;
    case Expiry::Kind::kKeep: return current.live() ? current.expires_ms : 0;
    case Expiry::Kind::kNone: break;
  }
  return 0;
}

bool changes_item(const Operation &op, const Judge &judge, uint64_t now_ms) {
  if (op.kind == Operation::Kind::kDelete) return judge.at(op.key).live();
  return op.kind == Operation::Kind::kPut || judge.accepts(op, now_ms);
}

}  // namespace

// Also notes the keys of a transaction that is deferred: what follows it must not overtake it.
bool Batch::shares_key(const Transaction &transaction) {
  bool shared = false;
  for (const Condition &condition : transaction.conditions) {
    shared = keys_.count(condition.key) != 0 || shared;
  }
  for (const Operation &op : transaction.operations) shared = keys_.count(op.key) != 0 || shared;
  for (const Condition &condition : transaction.conditions) keys_.insert(condition.key);
  for (const Operation &op : transaction.operations) keys_.insert(op.key);
  return shared;
}

Result<Batch::Added> Batch::add_judged(Pending &pending, Clock &clock, const Rules &rules,
                                       BackendStore &store) {
  const Transaction &transaction = pending.transaction;
  if (shares_key(transaction)) return Added::kDeferred;
  if (Outcome read = judge_.read(transaction, rules.now_ms, store); !read) {
    return std::move(read).error();
  }
  const bool too_many = rules.max_checks != 0 && judge_.all().size() > rules.max_checks;
  if (too_many && rules.writers == Rules::Writers::kMany) {
    return Error{Code::kTooLarge, "more keys than a replicated transaction takes"};
  }
  answer_judged(pending, rules);
  if (pending.result.kind == CommitResult::Kind::kConflict) return Added::kAnswered;
  for (const Operation &op : transaction.operations) {
    clock.observe(judge_.at(op.key).stamp);  // the new stamp exceeds those that it replaces
    if (op.kind == Operation::Kind::kCopy) clock.observe(MetaView(op.meta).stamp());
  }
  // What was observed may lie past the clock's bound, which is kept before the next group.
  if (!clock.covers(rules.now_ms)) return Added::kDeferred;
  Part part;
  part.pending = &pending;
  part.judged = Part::By::kHost;
  part.first_op = ops_.size();
  add_judged_ops(pending, clock.next(rules.now_ms), rules);
  part.ops = static_cast<uint32_t>(ops_.size() - part.first_op);
  if (part.ops == 0) return Added::kAnswered;
  part.first_check = checks_.size();
  for (const Judge::Current &current : judge_.all()) {
    if (rules.max_checks != 0 && part.checks == rules.max_checks) break;  // only with kOne
    const uint32_t kind = current.there() ? NAVI_CHECK_REV_EQ : NAVI_CHECK_ABSENT;
    const uint64_t revision = current.there() ? current.revision : 0;
    // The judge's keys are borrowed from the transaction, which outlives the batch.
    checks_.push_back({bytes(current.key), revision, kind, 0});
    ++part.checks;
  }
  parts_.push_back(part);
  return Added::kYes;
}

// What becomes of it if nothing changes before it is committed.
void Batch::answer_judged(Pending &pending, const Rules &rules) {
  const Transaction &transaction = pending.transaction;
  CommitResult &result = pending.result;
  result.revision = judge_.revision();
  if (const auto failed = judge_.first_false(transaction.conditions)) {
    result.kind = CommitResult::Kind::kConflict;
    result.failed_condition = *failed;
    result.current = judge_.at(transaction.conditions[*failed].key).live_revision();
    return;
  }
  result.kind = CommitResult::Kind::kCommitted;
  result.found.clear();
  for (const Operation &op : transaction.operations) {
    const bool copy = op.kind == Operation::Kind::kCopy;
    const bool found = copy ? judge_.accepts(op, rules.now_ms) : judge_.at(op.key).live();
    result.found.push_back(found ? 1 : 0);
  }
}

void Batch::add_judged_ops(Pending &pending, const Stamp &stamp, const Rules &rules) {
  const auto &operations = pending.transaction.operations;
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation &op = operations[i];
    if (!changes_item(op, judge_, rules.now_ms)) continue;
    navi_op out{};
    out.key = bytes(op.key);
    out.kind = NAVI_OP_PUT;
    if (op.kind != Operation::Kind::kDelete) out.value = bytes(op.value);
    const Judge::Current &current = judge_.at(op.key);
    out.expires_ms = expiry_of(op, current, rules);
    const bool copy = op.kind == Operation::Kind::kCopy;
    add_op(out, copy ? copied_meta(op, current) : new_meta(op, stamp, rules.now_ms), i);
  }
}

}  // namespace navistore::store
