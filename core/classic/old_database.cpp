// SPDX-License-Identifier: Apache-2.0
#include "core/classic/old_database.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

namespace navistore::classic {
namespace {

constexpr const char *kVisible =
    "SELECT rowid, key, value FROM navistore"
    " WHERE rowid IN (SELECT min(rowid) FROM navistore GROUP BY key) ORDER BY rowid";

struct Close {
  void operator()(sqlite3 *db) const { sqlite3_close(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

std::string_view text_of(sqlite3_stmt *statement, int column) {
  const bool blob = sqlite3_column_type(statement, column) == SQLITE_BLOB;
  const void *bytes = blob ? sqlite3_column_blob(statement, column)
                           : static_cast<const void *>(sqlite3_column_text(statement, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
  return {static_cast<const char *>(bytes), size};
}

class OpenDatabase final : public OldDatabase {
 public:
  explicit OpenDatabase(sqlite3 *db) : db_(db) {}
  Outcome lock();
  Outcome for_each(FunctionRef<Outcome(const Row &row)> visit) override;
  Result<uint64_t> count() override;

 private:
  Result<Statement> prepare(const char *sql);
  Error failure() const;

  const std::unique_ptr<sqlite3, Close> db_;
};

Error OpenDatabase::failure() const {
  const std::string why = sqlite3_errmsg(db_.get());
  switch (sqlite3_errcode(db_.get())) {
    case SQLITE_NOTADB: return {Code::kInvalid, "is no SQLite database"};
    case SQLITE_ERROR:
      return {Code::kInvalid, "has no table navistore(key, value) of the original: " + why};
    case SQLITE_CORRUPT: return {Code::kInvalid, "is damaged: " + why};
    case SQLITE_BUSY:
      return {Code::kBusy, "is in use, with changes that may be uncommitted: stop who uses it"};
    default: return {Code::kIo, why};
  }
}

// Where the file may not be written, nobody else of this kind can write it either.
Outcome OpenDatabase::lock() {
  const bool read_only = sqlite3_db_readonly(db_.get(), "main") == 1;
  const char *begin = read_only ? "BEGIN" : "BEGIN IMMEDIATE";
  if (sqlite3_exec(db_.get(), begin, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  if (const auto prepared = prepare(kVisible); !prepared) return prepared.error();
  return Done{};
}

Result<Statement> OpenDatabase::prepare(const char *sql) {
  sqlite3_stmt *statement = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) return failure();
  return Statement(statement);
}

Outcome OpenDatabase::for_each(FunctionRef<Outcome(const Row &row)> visit) {
  const auto prepared = prepare(kVisible);
  if (!prepared) return prepared.error();
  sqlite3_stmt *statement = prepared.value().get();
  for (;;) {
    const int step = sqlite3_step(statement);
    if (step == SQLITE_DONE) return Done{};
    if (step != SQLITE_ROW) return failure();
    Row row;
    row.id = sqlite3_column_int64(statement, 0);
    row.has_key = sqlite3_column_type(statement, 1) != SQLITE_NULL;
    row.has_value = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    if (row.has_key) row.key = text_of(statement, 1);
    if (row.has_value) row.value = text_of(statement, 2);
    if (Outcome visited = visit(row); !visited) return visited;
  }
}

Result<uint64_t> OpenDatabase::count() {
  const auto prepared = prepare("SELECT count(*) FROM navistore");
  if (!prepared) return prepared.error();
  if (sqlite3_step(prepared.value().get()) != SQLITE_ROW) return failure();
  return static_cast<uint64_t>(sqlite3_column_int64(prepared.value().get(), 0));
}

}  // namespace

Result<std::unique_ptr<OldDatabase>> OldDatabase::open(const std::string &path) {
  std::error_code missing;
  if (!std::filesystem::is_regular_file(path, missing)) {
    return Error{Code::kInvalid, path + " is no file"};
  }
  sqlite3 *db = nullptr;
  // Falls back to reading alone by itself; writing rolls back what a crash left half done.
  const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  auto database = std::make_unique<OpenDatabase>(db);
  if (opened != SQLITE_OK) return Error{Code::kIo, path + ": " + sqlite3_errstr(opened)};
  if (Outcome locked = database->lock(); !locked) {
    return Error{locked.error().code, path + " " + locked.error().message};
  }
  return std::unique_ptr<OldDatabase>(std::move(database));
}

}  // namespace navistore::classic
