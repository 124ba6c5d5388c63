// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "change_log.hpp"
#include "commit_state.hpp"
#include "item_table.hpp"
#include "row_cache.hpp"
#include "write_gate.hpp"

namespace navistore::sqlite {

// Everything that changes a store goes through here, one call at a time.
// All calls are [concurrent]. They throw UNAVAILABLE or CANCELLED when their turn did not come in
// time. After a failure that leaves the outcome open (IO, CORRUPT, INTERNAL) the writer is dead:
// every later call fails with that status. A damaged page of the items or of the log is none: what
// needs it is DAMAGED, and nothing of it was applied.
class Writer {
 public:
  // `state` and `rows` are told about each commit and must outlive this.
  Writer(const std::string &path, const Config &config, const navi_caps &caps, CommitState &state,
         RowCache &rows);
  // Closes the last connection to the file.
  ~Writer();
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  struct Outcome {
    uint64_t revision = 0;  // of the store when the call ended
    bool changed = false;   // whether there is something new to tell
    bool more = false;      // purge, trim: there is more to do
  };

  Outcome apply(const navi_apply &request, navi_result *results, const Deadline &deadline);
  Outcome clear(const navi_apply &request, const Deadline &deadline);
  // Deletes up to max_items items (0: as many as one call takes) that are expired at now_ms.
  Outcome purge(uint64_t now_ms, uint64_t max_items, const Deadline &deadline);
  // Forgets some of the changes below `before`.
  Outcome trim(uint64_t before, const Deadline &deadline);
  // Makes all that was committed before the call durable.
  Outcome sync(const Deadline &deadline);
  // Gives up to `pages` free pages back to the file system.
  Outcome shrink(uint64_t pages, const Deadline &deadline);

  // For the checkpointer: the turn, and what the readers look at.
  WriteGate &gate() noexcept { return gate_; }
  CommitState &state() noexcept { return state_; }
  // Pages in the write-ahead log after the last commit. [concurrent]
  uint64_t log_pages() const noexcept { return log_pages_.load(std::memory_order_relaxed); }
  // To be told of every failure on the way to the file, of whatever connection: one that leaves an
  // outcome open ends the store. [concurrent]
  void note_failure(const backend::Failure &failure) noexcept;
  bool is_dead() const noexcept { return dead_.load() != NAVI_OK; }
  void require_alive() const;  // throws what it died of [concurrent]

 private:
  enum class Durability { kConfigured, kDurable };
  struct Range {
    size_t begin, end;  // of the transactions of a call
  };
  using Change = std::function<Outcome(Counters &)>;

  Outcome in_turn(const Deadline &deadline, const std::function<Outcome()> &work);
  Outcome run(const Deadline &deadline, Durability durability, const Change &change);
  Outcome commit(Durability durability, const Change &change);
  static Outcome make(const Change &change, Counters &counters);
  Outcome apply_range(const navi_apply &request, Range range, std::vector<navi_result> &judged);
  Outcome apply_halves(const navi_apply &request, Range range, std::vector<navi_result> &judged);
  void remember(const navi_apply &request, const std::vector<navi_result> &results);
  void publish(uint64_t revision, Synchronous synchronous) noexcept;
  void use(Synchronous synchronous);
  Outcome free_pages(uint64_t pages);

  Row find(const navi_bytes &key);
  navi_result apply_one(const navi_txn &txn, uint64_t now_ms, Counters &counters);
  bool checks_hold(const navi_txn &txn, uint64_t now_ms, navi_result &result);
  bool changes_something(const navi_txn &txn, uint64_t now_ms);
  void change_items(const navi_txn &txn, uint64_t now_ms, Counters &counters);
  uint64_t delete_expired(uint64_t now_ms, uint64_t max_items, Counters &counters);

  // Constant after construction.
  const Synchronous configured_;
  const navi_caps caps_;
  CommitState &state_;
  RowCache &row_cache_;

  WriteGate gate_;
  std::atomic<int32_t> dead_{NAVI_OK};
  std::atomic<uint64_t> log_pages_{0};

  // Used by the thread whose turn it is.
  Database db_;
  TransactionControl control_;
  ItemTable table_;
  Statement expired_;
  Synchronous in_use_;
  uint64_t counted_pages_ = 0;
  std::vector<Row> rows_;         // what find() said about each op of the transaction at hand
  std::vector<navi_bytes> keys_;  // scratch for finding a key that occurs twice
  ChangePacker changes_;
};

}  // namespace navistore::sqlite
