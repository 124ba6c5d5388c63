// SPDX-License-Identifier: Apache-2.0
#include "core/store/batch.hpp"

#include <utility>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

uint32_t check_kind(Condition::Kind kind) {
  switch (kind) {
    case Condition::Kind::kAbsent: return NAVI_CHECK_ABSENT;
    case Condition::Kind::kPresent: return NAVI_CHECK_PRESENT;
    case Condition::Kind::kRevision: break;
  }
  return NAVI_CHECK_REV_EQ;
}

bool keeps_expiry(const Operation &op) {
  return op.kind == Operation::Kind::kPut && op.expiry.kind == Expiry::Kind::kKeep;
}

Event::Kind kind_of(const navi_op &op, const MetaView &meta) {
  if (op.kind == NAVI_OP_DELETE) return Event::Kind::kDelete;
  if (!meta.tombstone()) return Event::Kind::kPut;
  return meta.silent() ? Event::Kind::kBury : Event::Kind::kDelete;
}

std::string meta_of(const Operation &op, const Stamp &stamp, uint64_t now_ms) {
  if (op.kind == Operation::Kind::kCopy) return op.meta;
  Meta meta;
  meta.type = op.type;
  meta.size = op.value.size();
  meta.modified_ms = now_ms;
  meta.user = op.user;
  meta.stamp = stamp;
  std::string encoded;
  encode_meta(meta, encoded);
  return encoded;
}

}  // namespace

void Batch::clear() {
  parts_.clear();
  checks_.clear();
  ops_.clear();
  metas_.clear();
  sources_.clear();
  keys_.clear();
}

Outcome Batch::add(Pending &pending, Clock &clock, uint64_t now_ms, BackendStore &store) {
  const Transaction &transaction = pending.transaction;
  if (Outcome read = read_current(transaction, now_ms, store); !read) return read;
  Part part;
  part.pending = &pending;
  part.first_check = checks_.size();
  part.first_op = ops_.size();
  add_checks(transaction);
  add_ops(transaction, clock, now_ms);
  part.checks = static_cast<uint32_t>(checks_.size() - part.first_check);
  part.ops = static_cast<uint32_t>(transaction.operations.size());
  part.asked_checks = static_cast<uint32_t>(transaction.conditions.size());
  parts_.push_back(part);
  pending.result.found.assign(transaction.operations.size(), 0);
  return Done{};
}

Outcome Batch::read_current(const Transaction &transaction, uint64_t now_ms, BackendStore &store) {
  current_.clear();
  std::vector<navi_bytes> keys;
  for (const Operation &op : transaction.operations) {
    if (keeps_expiry(op)) keys.push_back(bytes(op.key));
  }
  if (keys.empty()) return Done{};
  current_.resize(keys.size());
  navi_read request{};
  request.flags = NAVI_F_NO_VALUE;
  request.now_ms = now_ms;
  request.keys = keys.data();
  request.n = keys.size();
  navi_reply reply;
  const CallStatus status = store.read(
      request,
      [&](uint64_t index, const navi_item &item) {
        current_[index] = {item.revision, item.expires_ms};
        return true;
      },
      reply);
  if (!status.ok()) return error_from(status, Call::kRead).in("read the expiry to keep");
  return Done{};
}

void Batch::add_checks(const Transaction &transaction) {
  for (const Condition &condition : transaction.conditions) {
    const uint64_t revision = condition.kind == Condition::Kind::kRevision ? condition.revision : 0;
    checks_.push_back({bytes(condition.key), revision, check_kind(condition.kind), 0});
  }
  size_t kept = 0;
  for (const Operation &op : transaction.operations) {
    if (!keeps_expiry(op)) continue;
    const uint64_t revision = current_[kept++].revision;
    const uint32_t kind = revision == 0 ? NAVI_CHECK_ABSENT : NAVI_CHECK_REV_EQ;
    checks_.push_back({bytes(op.key), revision, kind, 0});
  }
}

void Batch::add_op(navi_op op, std::string meta, size_t source) {
  ops_.push_back(op);
  metas_.push_back(std::move(meta));
  sources_.push_back(source);
}

void Batch::add_ops(const Transaction &transaction, Clock &clock, uint64_t now_ms) {
  const Stamp stamp = clock.next(now_ms);
  size_t kept = 0;
  for (size_t i = 0; i < transaction.operations.size(); ++i) {
    const Operation &op = transaction.operations[i];
    navi_op out{};
    out.key = bytes(op.key);
    out.kind = NAVI_OP_DELETE;
    std::string meta;
    if (op.kind != Operation::Kind::kDelete) {
      out.kind = NAVI_OP_PUT;
      out.value = bytes(op.value);
      meta = meta_of(op, stamp, now_ms);
      if (op.expiry.kind == Expiry::Kind::kAt) out.expires_ms = op.expiry.at_ms;
      if (keeps_expiry(op)) out.expires_ms = current_[kept++].expires_ms;
    }
    add_op(out, std::move(meta), i);
  }
}

navi_apply Batch::request() {
  for (size_t i = 0; i < ops_.size(); ++i) ops_[i].meta = bytes(metas_[i]);
  txns_.clear();
  for (const Part &part : parts_) {
    navi_txn txn{};
    txn.checks = checks_.data() + part.first_check;
    txn.n_checks = part.checks;
    txn.ops = ops_.data() + part.first_op;
    txn.n_ops = part.ops;
    if (part.judged == Part::By::kBackend) txn.found = part.pending->result.found.data();
    txns_.push_back(txn);
  }
  results_.resize(txns_.size());
  navi_apply request{};
  request.txns = txns_.data();
  request.n = txns_.size();
  return request;
}

bool Batch::lost_race(size_t i) const {
  return results_[i].status == NAVI_CONFLICT && results_[i].detail >= parts_[i].asked_checks;
}

void Batch::conclude(size_t i, const Error &call_failed, navi_status call_status) {
  const navi_result &answer = results_[i];
  CommitResult &result = parts_[i].pending->result;
  result.revision = answer.revision;
  if (answer.status == NAVI_OK) {
    result.kind = CommitResult::Kind::kCommitted;
  } else if (answer.status == NAVI_CONFLICT) {
    result.kind = CommitResult::Kind::kConflict;
    result.failed_condition = answer.detail;
    result.current = answer.current;
  } else {
    result.kind = CommitResult::Kind::kFailed;
    const bool untold = answer.status == NAVI_MAYBE && call_status != NAVI_OK;
    result.error = untold ? call_failed : error_from(answer.status, Call::kWrite);
  }
}

CommitPtr Batch::take_commit(size_t i) {
  if (results_[i].status != NAVI_OK) return nullptr;
  Pending &pending = *parts_[i].pending;
  auto commit = std::make_shared<Commit>();
  commit->revision = results_[i].revision;
  for (size_t op = parts_[i].first_op; op < parts_[i].first_op + parts_[i].ops; ++op) {
    Operation &from = pending.transaction.operations[sources_[op]];
    const bool put = ops_[op].kind == NAVI_OP_PUT;
    if (!put && pending.result.found[sources_[op]] == 0) continue;  // nothing was there
    Event event;
    event.kind = kind_of(ops_[op], MetaView(metas_[op]));
    event.key = std::move(from.key);
    if (put) event.value = std::move(from.value);
    event.meta = std::move(metas_[op]);
    event.revision = commit->revision;
    event.expires_ms = ops_[op].expires_ms;
    event.place = Event::Place::kInside;
    commit->events.push_back(std::move(event));
  }
  if (commit->events.empty()) return nullptr;
  commit->events.back().place = Event::Place::kLast;
  return commit;
}

}  // namespace navistore::store
