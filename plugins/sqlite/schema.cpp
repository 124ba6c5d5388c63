// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include "navistore/backend.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

constexpr uint64_t kApplication = 0x6e617669;  // "navi", in the file's header
constexpr uint64_t kFormat = 1;                // user_version in the file's header

constexpr uint64_t kLargestTransaction = 256U << 20;  // bytes of its pages, generously

// items: one row a key; the value comes last, so that it is not loaded to get at the rest.
// log: one row a revision, the packed list of what it changed (change_log.hpp).
// state: one row; changes in the same transaction as what it counts.
constexpr char kTables[] =
    "CREATE TABLE items(key BLOB PRIMARY KEY, revision INTEGER NOT NULL, expires INTEGER NOT NULL,"
    "  meta BLOB NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX items_expires ON items(expires) WHERE expires != 0;"
    "CREATE TABLE log(revision INTEGER PRIMARY KEY, changes BLOB NOT NULL);"
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL,"
    "  items INTEGER NOT NULL, bytes INTEGER NOT NULL, floor INTEGER NOT NULL);"
    "INSERT INTO state VALUES(1, 0, 0, 0, 1);";

void check_format(Database &db) {
  const uint64_t application = db.number("PRAGMA application_id");
  const uint64_t format = db.number("PRAGMA user_version");
  if (application != kApplication) {
    throw Failure(NAVI_INCOMPATIBLE, "an SQLite database of another application");
  }
  if (format > kFormat) {
    throw Failure(NAVI_INCOMPATIBLE, "written in format " + std::to_string(format) +
                                         ", this version knows up to " + std::to_string(kFormat));
  }
}

void create_tables(Database &db) {
  TransactionControl control(db);
  Transaction transaction(control, Intent::kWrite);
  db.run("PRAGMA application_id = " + std::to_string(kApplication) +
         "; PRAGMA user_version = " + std::to_string(kFormat) + ";" + kTables);
  transaction.commit();
}

// A new file, or one whose creation was cut off before its only transaction committed.
bool is_blank(Database &db) {
  return db.number("SELECT count(*) FROM sqlite_schema") == 0 &&
         db.number("PRAGMA application_id") == 0;
}

// Brings what the log holds into the file and makes it durable: after a power cut or a failed disk
// nobody knows how much of the log is on it, although it can be read. On a full disk the log stays,
// synced.
void settle_log(Database &db) {
  try {
    db.checkpoint(Checkpoint::kTruncate);
  } catch (const Failure &failure) {
    if (failure.status() != NAVI_NO_SPACE) throw;
    db.sync_log();
  }
}

void configure(Database &db, uint64_t cache_bytes, uint64_t map_bytes) {
  // Our own connections do not lock each other out; this is for a moment in the opening of another
  // one.
  db.set_patience(1000);
  db.run("PRAGMA cache_size = -" + std::to_string(cache_bytes / 1024) +
         "; PRAGMA mmap_size = " + std::to_string(map_bytes) +
         "; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF"
         "; PRAGMA cell_size_check = ON; PRAGMA secure_delete = OFF");
}

}  // namespace

void set_synchronous(Database &db, Synchronous synchronous) {
  db.run(synchronous == Synchronous::kFull ? "PRAGMA synchronous = FULL"
                                           : "PRAGMA synchronous = NORMAL");
}

Database open_for_writing(const std::string &path, const Config &config) {
  Database db(path, Access::kCreate);
  configure(db, config.cache_bytes, 0);  // its own cache knows its pages, also the changed ones
  const bool blank = is_blank(db);
  if (blank) {
    db.run("PRAGMA page_size = " + std::to_string(config.page_bytes) +
           "; PRAGMA auto_vacuum = INCREMENTAL");
  } else {
    check_format(db);
  }
  set_synchronous(db, Synchronous::kFull);
  if (db.text("PRAGMA journal_mode = WAL") != "wal") {
    throw Failure(NAVI_UNSUPPORTED, "the file system cannot hold a write-ahead log");
  }
  // A page that is written to the log early, and changes again, costs the checksums of all that
  // follow: so a transaction stays in memory, even the largest one.
  db.run("PRAGMA journal_size_limit = " + std::to_string(4 * config.log_bytes) +
         "; PRAGMA cache_spill = " + std::to_string(kLargestTransaction / db.page_bytes()));
  if (blank) create_tables(db);
  settle_log(db);
  set_synchronous(db, config.synchronous);
  return db;
}

Database open_for_reading(const std::string &path, const Config &config, Access access) {
  Database db(path, access);
  configure(db, config.reader_cache_bytes, config.map_bytes);
  check_format(db);
  return db;
}

Counters read_counters(Statement &statement) {
  const Rows row(statement);
  if (!statement.step()) throw Failure(NAVI_CORRUPT, "the row of counters is missing");
  return {statement.number(0), statement.number(1), statement.number(2), statement.number(3)};
}

}  // namespace navistore::sqlite
