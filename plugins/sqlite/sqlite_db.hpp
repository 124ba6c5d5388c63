// SPDX-License-Identifier: Apache-2.0
// The one door to SQLite: connections, statements and transactions that clean up after themselves.
// Every failure is thrown as navistore::backend::Failure with SQLite's extended code as `native`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "deadline.hpp"
#include "navistore/backend.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace navistore::sqlite {

class Database;

// One prepared statement. Used by one thread at a time, like its Database, which must outlive it.
class Statement {
 public:
  Statement() = default;
  Statement(Database &db, const std::string &sql);

  // Parameters count from 1. Bytes are borrowed until reset(); a number must be below 2^63.
  Statement &bind(int index, const navi_bytes &bytes);
  Statement &bind(int index, uint64_t number);

  // True: a row is there. False: the statement is done.
  bool step();
  // To be called before the next bind; drops borrowed parameters and the current row. A statement
  // that was not reset holds its read transaction.
  void reset() noexcept;
  // Steps a statement that returns no rows, and resets it, also when it fails.
  void run();

  // Columns of the current row, counted from 0. Bytes are valid until the next step() or reset().
  navi_bytes bytes(int column) const;
  uint64_t number(int column) const noexcept;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt *statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets a statement at the end of a scope.
class Rows {
 public:
  explicit Rows(Statement &statement) noexcept : statement_(statement) {}
  ~Rows() { statement_.reset(); }
  Rows(const Rows &) = delete;
  Rows &operator=(const Rows &) = delete;
  bool next() { return statement_.step(); }

 private:
  Statement &statement_;
};

// kImmutable: nobody writes while the connection is open, and there is no log: the file is read
// without locks, and nothing is made beside it.
enum class Access { kReadOnly, kImmutable, kReadWrite, kCreate };
enum class Synchronous { kNormal, kFull };
// kPassive waits for nobody; kRestart also waits for readers (as long as set_patience says), so
// that the next commit writes the log from its start; kTruncate then cuts the log file to nothing.
enum class Checkpoint { kPassive, kRestart, kTruncate };

// Pages in the write-ahead log, and how many of them are in the database file, too.
struct LogPages {
  uint64_t written = 0;
  uint64_t copied = 0;
};

// Settings of the SQLite library for this process; the first call takes effect if nobody has used
// SQLite before. Must not run at the same time as somebody else's first use of SQLite.
void configure_library() noexcept;

// One connection. Not thread-safe: its users take turns.
class Database {
 public:
  // `path` is not in what this and all others throw: who opens names the file (in_file).
  // Throws DENIED, CORRUPT, INVALID (no such file), NO_SPACE, IO, NO_MEMORY.
  Database(const std::string &path, Access access);

  // Runs one or more statements and ignores their rows.
  void run(const std::string &sql);
  // The first column of the first row; 0 without one.
  uint64_t number(const std::string &sql);
  std::string text(const std::string &sql);

  uint64_t page_bytes() { return number("PRAGMA page_size"); }  // of the file
  bool in_transaction() const noexcept;

  // Counts the pages of the log after each commit of this connection into `*pages`.
  void count_log_pages(uint64_t *pages) noexcept;
  // Throws BUSY when somebody else checkpoints, or (all but kPassive) readers stayed in the way.
  LogPages checkpoint(Checkpoint mode);
  // Makes every commit that is in the log durable. No-op without a log.
  void sync_log();
  // Makes what checkpoints have copied into the database file durable.
  void sync_file();
  // Closing the last connection neither checkpoints nor removes the log.
  void keep_log_at_close() noexcept;

  // Statements end with CANCELLED once *deadline is over; nullptr: never. Borrowed.
  void set_deadline(const Deadline *deadline) noexcept;
  // How long to wait for another connection's lock, in milliseconds.
  void set_patience(int milliseconds) noexcept;

  // Copies everything into the empty database `to`, as of the read transaction that is open here.
  void copy_into(Database &to, const Deadline &deadline);

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3 *db) const noexcept;
  };
  void sync(int which, const char *failed);

  std::unique_ptr<sqlite3, Close> db_;
};

// The same failure with the file in front of its text.
backend::Failure in_file(const std::string &path, const backend::Failure &failure);

// Whether a page that was looked at is damaged or could not be read. Pages of the items and of the
// log are in the way of nothing but what lies there: that is NAVI_DAMAGED, without a commit.
bool is_damage(const backend::Failure &failure) noexcept;
backend::Failure as_damage(const backend::Failure &failure);

enum class Intent { kRead, kWrite };

// The statements of Transaction, prepared once for a connection.
class TransactionControl {
 public:
  explicit TransactionControl(Database &db);

 private:
  friend class Transaction;
  Database &db_;
  Statement begin_read_, begin_write_, commit_, rollback_;
};

// Rolls back unless commit() returned. A failed commit has left nothing of the transaction behind
// for readers; whether a power cut could still find it depends on the status (see Failure).
class Transaction {
 public:
  Transaction(TransactionControl &control, Intent intent);
  ~Transaction();
  Transaction(const Transaction &) = delete;
  Transaction &operator=(const Transaction &) = delete;
  void commit();

 private:
  TransactionControl &control_;
};

}  // namespace navistore::sqlite
