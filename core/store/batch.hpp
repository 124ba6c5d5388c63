// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <navistore/backend.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/store/clock.hpp"
#include "core/store/commit.hpp"
#include "core/store/commit_queue.hpp"
#include "core/store/judge.hpp"

namespace navistore::store {

class BackendStore;

// One group for apply(): transactions of ours in the backend's terms. Reused, so a steady load
// allocates little. Pendings are borrowed until the next clear().
class Batch {
 public:
  void clear();
  // Adds a transaction; its puts get stamps and metas. Where an expiry is to be kept, the current
  // item is read from the store, and a check that it is still the same goes behind the caller's.
  // Not ok: the read failed, and nothing was added.
  Outcome add(Pending &pending, Clock &clock, uint64_t now_ms, BackendStore &store);

  // The same with replication on. The transaction is judged here, with tombstones counted as
  // absent; its deletes become tombstones, and the backend's checks are that nothing of what was
  // read has changed. kAnswered: it changes nothing, its result is filled in. kDeferred: it shares
  // a key with one that was added before, or the clock's bound must be kept first: it must come in
  // a later group.
  enum class Added : uint8_t { kYes, kAnswered, kDeferred };
  struct Rules {
    uint64_t now_ms = 0;
    uint64_t tombstone_ms = 0;  // how long a tombstone is kept
    uint64_t max_checks = 0;    // in a transaction; 0: no limit
    // kOne: nobody else writes to the backend, so that checks past max_checks can be left out.
    enum class Writers : uint8_t { kOne, kMany } writers = Writers::kOne;
  };
  Result<Added> add_judged(Pending &pending, Clock &clock, const Rules &rules, BackendStore &store);

  bool empty() const { return parts_.empty(); }
  size_t size() const { return parts_.size(); }
  navi_apply request();  // valid until the next add() or clear()
  navi_result *results() { return results_.data(); }
  Pending &pending(size_t i) { return *parts_[i].pending; }

  // After apply() returned this status.
  // True: only a check that add() put there failed, so the transaction is to be tried again.
  bool lost_race(size_t i) const;
  void conclude(size_t i, const Error &call_failed, navi_status call_status);
  // What transaction i changed; null when it committed nothing. Takes keys and values over.
  CommitPtr take_commit(size_t i);

 private:
  struct Part {
    Pending *pending = nullptr;
    size_t first_check = 0;
    size_t first_op = 0;
    uint32_t checks = 0;
    uint32_t ops = 0;
    uint32_t asked_checks = 0;  // of them, the caller's own
    enum class By : uint8_t { kBackend, kHost } judged = By::kBackend;
  };
  struct Current {  // an item as it is now; revision 0: absent
    uint64_t revision = 0;
    uint64_t expires_ms = 0;
  };

  Outcome read_current(const Transaction &transaction, uint64_t now_ms, BackendStore &store);
  void add_checks(const Transaction &transaction);
  void add_ops(const Transaction &transaction, Clock &clock, uint64_t now_ms);

  bool shares_key(const Transaction &transaction);
  void answer_judged(Pending &pending, const Rules &rules);
  void add_judged_ops(Pending &pending, const Stamp &stamp, const Rules &rules);
  void add_op(navi_op op, std::string meta, size_t source);

  std::vector<Part> parts_;
  std::vector<navi_check> checks_;
  std::vector<navi_op> ops_;
  std::vector<std::string> metas_;  // one an op
  std::vector<size_t> sources_;     // one an op: which operation of its transaction it is
  std::vector<navi_txn> txns_;
  std::vector<navi_result> results_;
  std::vector<Current> current_;               // of the transaction that is being added, one an op
  Judge judge_;                                // of the one that is being added by add_judged()
  std::unordered_set<std::string_view> keys_;  // that transactions given to add_judged() name
};

}  // namespace navistore::store
