// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "change_log.hpp"
#include "commit_state.hpp"
#include "schema.hpp"

namespace navistore::sqlite {

// A reading connection with its prepared statements. Used by one thread at a time.
//
// It keeps its read transaction open between calls, and begins a new one only after a commit: so a
// point read in between costs one statement and takes no lock of SQLite's. An open one keeps the
// log from being reused, so the checkpointer ends those of idle readers
// (ReaderPool::retire_snapshots).
class Reader {
 public:
  Reader(const std::string &path, const Config &config, Access access);

  // The state to read from: the newest, as of a moment after this call began. Returns its counters.
  const Counters &refresh(CommitState &state);
  void release_snapshot() noexcept;
  // The generation (CommitState) of the newest snapshot so far.
  uint64_t generation() const noexcept { return generation_; }

  // The following read from the state of the last refresh().

  // Looks up the key that is bound to parameter 1. flags: NAVI_F_NO_VALUE or 0.
  Statement &find_statement(uint32_t flags) noexcept;
  // The rows of a range in order, from NAVI_F_AFTER, NAVI_F_REVERSE, NAVI_F_NO_VALUE, start and end
  // of the request.
  Statement &open_scan(const navi_scan &request);
  // An item from a row of find_statement() or open_scan(); it borrows from the row.
  static uint64_t revision_of(const Statement &row) noexcept { return row.number(2); }
  static void fill(const Statement &row, uint32_t flags, navi_item &item);

  // Rows (revision, packed changes) with a revision above `after`.
  Statement &open_log(uint64_t after);
  // The earliest expiry of any item, 0: none.
  uint64_t next_expiry();

 private:
  Statement &scan_statement(unsigned variant);

  Database db_;
  TransactionControl control_;
  std::optional<Transaction> snapshot_;
  uint64_t generation_ = 0;
  Counters counters_;

  Statement find_, find_bare_, counters_row_;
  // Prepared when first needed.
  std::array<std::unique_ptr<Statement>, 16> scans_;
  std::unique_ptr<Statement> log_, next_expiry_;
};

}  // namespace navistore::sqlite
