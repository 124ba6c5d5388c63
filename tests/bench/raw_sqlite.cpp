// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdexcept>

#include "tests/bench/engine.hpp"

namespace navistore::bench {
namespace {

struct Close {
  void operator()(sqlite3 *db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
};
using Db = std::unique_ptr<sqlite3, Close>;
using Prepared = std::unique_ptr<sqlite3_stmt, Close>;

void must(int code, sqlite3 *db) {
  if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db));
}

void run(sqlite3 *db, const std::string &sql) {
  must(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), db);
}

Db open(const std::string &file, int checkpoint_pages) {
  sqlite3 *db = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Db owner(db);
  must(code, db);
  run(db,
      "PRAGMA cache_size = -65536; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;"
      "PRAGMA wal_autocheckpoint = " +
          std::to_string(checkpoint_pages));
  return owner;
}

Prepared prepare(sqlite3 *db, const std::string &sql) {
  sqlite3_stmt *statement = nullptr;
  must(sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), db);
  return Prepared(statement);
}

void bind(sqlite3_stmt *statement, int index, const std::string &bytes) {
  sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

void step(sqlite3_stmt *statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(sqlite3_db_handle(statement)));
}

std::string tables_of(Schema schema) {
  const std::string columns = ", revision INTEGER, expires INTEGER, meta BLOB, value BLOB) ";
  const std::string state =
      ";CREATE TABLE IF NOT EXISTS state(id INTEGER PRIMARY KEY, revision INTEGER, items INTEGER, "
      "bytes "
      "INTEGER, floor INTEGER); INSERT OR IGNORE INTO state VALUES(1, 0, 0, 0, 1);";
  const std::string log =
      "CREATE TABLE IF NOT EXISTS log(revision INTEGER PRIMARY KEY, changes BLOB)";
  const std::string items = "CREATE TABLE IF NOT EXISTS items(key BLOB PRIMARY KEY";
  switch (schema) {
    case Schema::kBare: return items + ", value BLOB) WITHOUT ROWID";
    case Schema::kRevisionIndex:
      return items + columns + "WITHOUT ROWID; CREATE INDEX IF NOT EXISTS r ON items(revision)" +
             state;
    case Schema::kPlugin: return items + columns + "WITHOUT ROWID;" + log + state;
    case Schema::kPluginRowid: break;
  }
  return items + columns + ";" + log + state;
}

class RawSqlite : public Engine {
 public:
  RawSqlite(std::string file, Schema schema, int checkpoint_pages, int page_bytes)
      : file_(std::move(file)),
        pages_(checkpoint_pages),
        schema_(schema),
        db_(open(file_, checkpoint_pages)) {
    run(db_.get(), "PRAGMA page_size = " + std::to_string(page_bytes) +
                       "; PRAGMA journal_mode = WAL;" + tables_of(schema));
    begin_ = prepare(db_.get(), "BEGIN IMMEDIATE");
    commit_ = prepare(db_.get(), "COMMIT");
    if (schema == Schema::kBare) {
      put_ = prepare(db_.get(),
                     "INSERT INTO items VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = ?2");
      return;
    }
    put_ =
        prepare(db_.get(),
                "INSERT INTO items(key, value, revision, expires, meta) VALUES(?1, ?2, ?3, 0, ?4) "
                "ON CONFLICT DO UPDATE SET value = ?2, revision = ?3, expires = 0, meta = ?4");
    count_ = prepare(db_.get(), "UPDATE state SET revision = ?1 WHERE id = 1");
    if (schema != Schema::kRevisionIndex)
      log_ = prepare(db_.get(), "INSERT INTO log VALUES(?1, ?2)");
  }

  void commit(const std::vector<std::string> &keys, const std::string &value) override {
    static const std::string meta(32, 'm');
    step(begin_.get());
    for (const std::string &key : keys) {
      ++revision_;
      bind(put_.get(), 1, key);
      bind(put_.get(), 2, value);
      if (schema_ != Schema::kBare) {
        sqlite3_bind_int64(put_.get(), 3, revision_);
        bind(put_.get(), 4, meta);
      }
      step(put_.get());
      if (log_ != nullptr) {
        sqlite3_bind_int64(log_.get(), 1, revision_);
        bind(log_.get(), 2, key);
        step(log_.get());
      }
    }
    if (count_ != nullptr) {
      sqlite3_bind_int64(count_.get(), 1, revision_);
      step(count_.get());
    }
    step(commit_.get());
  }

  std::function<size_t(const std::string &)> reader() override { return query("WHERE key = ?1"); }
  std::function<size_t(const std::string &)> lister() override {
    return query("WHERE key >= ?1 ORDER BY key LIMIT " + std::to_string(kListItems));
  }

 private:
  // A function that returns the bytes of all values that it finds.
  std::function<size_t(const std::string &)> query(const std::string &where) {
    auto db = std::make_shared<Db>(open(file_, pages_));
    std::shared_ptr<sqlite3_stmt> get =
        prepare(db->get(), (schema_ == Schema::kBare
                                ? "SELECT value, key FROM items "
                                : "SELECT value, key, meta, revision, expires FROM items ") +
                               where);
    return [db, get](const std::string &key) {
      bind(get.get(), 1, key);
      size_t size = 0;
      while (sqlite3_step(get.get()) == SQLITE_ROW) {
        sqlite3_column_blob(get.get(), 0);
        size += static_cast<size_t>(sqlite3_column_bytes(get.get(), 0));
      }
      sqlite3_reset(get.get());
      return size;
    };
  }

  const std::string file_;
  const int pages_;
  const Schema schema_;
  Db db_;
  Prepared begin_, commit_, put_, count_, log_;
  sqlite3_int64 revision_ = 0;
};

}  // namespace

std::unique_ptr<Engine> raw_sqlite(const std::string &file, Schema schema, int checkpoint_pages,
                                   int page_bytes) {
  return std::make_unique<RawSqlite>(file, schema, checkpoint_pages, page_bytes);
}

}  // namespace navistore::bench
