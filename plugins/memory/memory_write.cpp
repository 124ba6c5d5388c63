// SPDX-License-Identifier: Apache-2.0
// apply and clear.
#include <new>

#include "memory_store.hpp"
#include "navistore/limits.hpp"

namespace navistore::memory {
namespace {

using backend::Failure;
using backend::Lock;
using backend::view;

// Each commit frees more blocks than one usually retires, and of what a few retire at once a part,
// so that what waits to be freed does not grow.
constexpr size_t kFreedPerOp = 4;
constexpr size_t kFreedPerCommit = 16;
constexpr size_t kFreedPart = 4;  // a fourth

// The index of the first check that fails; n_checks: all hold. `current`: the revision of the
// failed one's key.
uint32_t first_failed(const navi_txn &txn, const Transaction &transaction, uint64_t &current) {
  for (uint32_t i = 0; i < txn.n_checks; ++i) {
    const navi_check &check = txn.checks[i];
    const Version *version = transaction.live(view(check.key));
    current = version == nullptr ? 0 : version->revision;
    const bool holds = check.kind == NAVI_CHECK_ABSENT ? version == nullptr
                       : check.kind == NAVI_CHECK_PRESENT
                           ? version != nullptr
                           : version != nullptr && current == check.revision;
    if (!holds) return i;
  }
  current = 0;
  return txn.n_checks;
}

}  // namespace

class MemoryStore::Batch {
 public:
  explicit Batch(Slab &slab) : slab_(slab) {}

  void add(const navi_txn &txn) {
    for (uint32_t i = 0; i < txn.n_ops; ++i) {
      const navi_op &op = txn.ops[i];
      if (op.kind != NAVI_OP_PUT) continue;
      VersionPtr version(make_version(slab_, NAVI_CHANGE_PUT, view(op.value), view(op.meta)),
                         {&slab_});
      version->expires_ms = op.expires_ms;
      versions_.push_back(std::move(version));
    }
  }

  // Positions the batch behind the puts of a transaction that is not applied.
  void skip_to(size_t next) { next_ = next; }
  size_t end_of(const navi_txn &txn) const {
    size_t end = next_;
    for (uint32_t i = 0; i < txn.n_ops; ++i) end += txn.ops[i].kind == NAVI_OP_PUT ? 1 : 0;
    return end;
  }
  VersionPtr take() { return std::move(versions_[next_++]); }

 private:
  Slab &slab_;
  std::vector<VersionPtr> versions_;
  size_t next_ = 0;
};

void MemoryStore::apply(const navi_apply &request, navi_result *results) {
  must_be_writable(request.flags);
  Batch batch(shared_.slab);
  for (size_t i = 0; i < request.n; ++i) {
    results[i] = {backend::check_txn(request.txns[i], caps_), 0, 0, 0};
    if (results[i].status == NAVI_OK) batch.add(request.txns[i]);
  }
  const uint64_t before = shared_.committed.load(std::memory_order_relaxed);
  for (size_t i = 0; i < request.n; ++i) {
    if (results[i].status == NAVI_OK) apply_one(request.txns[i], batch, request.now_ms, results[i]);
  }
  if (shared_.committed.load(std::memory_order_relaxed) != before) doorbell_.ring();
}

// A transaction that finds no memory is refused alone: those before it are committed.
void MemoryStore::apply_one(const navi_txn &txn, Batch &batch, uint64_t now_ms,
                            navi_result &result) {
  const size_t end = batch.end_of(txn);
  try {
    const Lock lock(commit_);
    const size_t part = writer_.limbo().ripe_count() / kFreedPart;
    writer_.collect(kFreedPerOp * txn.n_ops + kFreedPerCommit + part, Limbo::When::kWorthwhile);
    judge(txn, batch, now_ms, result);
  } catch (const std::bad_alloc &) {
    result = {NAVI_NO_MEMORY, 0, 0, 0};
  }
  batch.skip_to(end);
}

void MemoryStore::judge(const navi_txn &txn, Batch &batch, uint64_t now_ms, navi_result &result) {
  Transaction transaction(writer_, now_ms, steps_);
  result.revision = writer_.revision();
  const uint32_t failed = first_failed(txn, transaction, result.current);
  if (failed != txn.n_checks) {
    result.status = NAVI_CONFLICT;
    result.detail = failed;
    return;
  }
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const navi_op &op = txn.ops[i];
    const Transaction::Found found = op.kind == NAVI_OP_PUT
                                         ? transaction.put(view(op.key), batch.take())
                                         : transaction.erase(view(op.key));
    if (txn.found != nullptr) txn.found[i] = static_cast<uint8_t>(found);
  }
  const uint64_t room = settings_.max_bytes - writer_.keyspace().bytes;
  if (settings_.max_bytes != 0 && transaction.growth() > 0 &&
      static_cast<int64_t>(room) < transaction.growth()) {
    result = {NAVI_NO_SPACE, 0, 0, 0};
    return;
  }
  result.revision = transaction.commit();
}

void MemoryStore::clear(const navi_apply &request, navi_reply &reply) {
  must_be_writable(request.flags);
  const uint64_t before = shared_.committed.load(std::memory_order_relaxed);
  {
    const Lock lock(commit_);
    reply.revision = writer_.clear();
  }
  if (reply.revision > before) doorbell_.ring();
  try {
    collect_garbage();
  } catch (const std::bad_alloc &) {
    // The clear is done; later commits go on with it.
  }
}

void MemoryStore::must_be_writable(uint32_t flags) const {
  if (access_ == Access::kReadOnly) throw Failure(NAVI_READ_ONLY, "the store was opened read-only");
  if ((flags & NAVI_F_DURABLE) != 0) {
    throw Failure(NAVI_UNSUPPORTED, "a store in memory has nothing durable");
  }
}

}  // namespace navistore::memory
