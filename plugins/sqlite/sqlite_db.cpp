// SPDX-License-Identifier: Apache-2.0
#include "sqlite_db.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "file_system.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

// Only a write that failed for want of space has surely left no commit behind: the last page of a
// commit is written last. After a failed fsync, or when the log's index could not grow, the commit
// may be in the log already.
navi_status io_status(int extended, int system_errno) {
  const bool full = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
  if (extended == SQLITE_IOERR_NOMEM) return NAVI_NO_MEMORY;
  return full && extended == SQLITE_IOERR_WRITE ? NAVI_NO_SPACE : NAVI_IO;
}

navi_status cannot_open_status(int system_errno) {
  if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS) return NAVI_DENIED;
  if (system_errno == ENOSPC || system_errno == EDQUOT) return NAVI_NO_SPACE;
  return system_errno == EMFILE || system_errno == ENFILE ? NAVI_NO_MEMORY : NAVI_INVALID;
}

navi_status status_of(int extended, int system_errno) {
  switch (extended & 0xff) {
    case SQLITE_FULL: return NAVI_NO_SPACE;
    case SQLITE_READONLY: return NAVI_READ_ONLY;
    case SQLITE_PERM:
    case SQLITE_AUTH: return NAVI_DENIED;
    case SQLITE_CANTOPEN: return cannot_open_status(system_errno);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return NAVI_BUSY;
    case SQLITE_NOMEM: return NAVI_NO_MEMORY;
    case SQLITE_INTERRUPT: return NAVI_CANCELLED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return NAVI_CORRUPT;
    case SQLITE_TOOBIG: return NAVI_TOO_LARGE;
    case SQLITE_IOERR: return io_status(extended, system_errno);
    default: return NAVI_INTERNAL;
  }
}

// A failure's status matters more than its words: where there is no memory for them, they miss.
template <class Make>
std::string words(const Make &make) noexcept {
  try {
    return make();
  } catch (const std::bad_alloc &) {
    return {};
  }
}

// SQLite's own words, and the system's for a call that it made: "disk I/O error: No space left on
// device".
std::string text_of(sqlite3 *db, int code, int system_errno) {
  const std::string text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const int kind = code & 0xff;
  const bool by_system = system_errno != 0 && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN);
  return by_system ? text + ": " + std::generic_category().message(system_errno) : text;
}

[[noreturn]] void throw_failure(sqlite3 *db, int code) {
  const int system_errno = db != nullptr ? sqlite3_system_errno(db) : 0;
  throw Failure(status_of(code, system_errno),
                words([&] { return text_of(db, code, system_errno); }), code);
}

int open_flags(Access access) {
  const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
  switch (access) {
    case Access::kReadOnly:
    case Access::kImmutable: return common | SQLITE_OPEN_READONLY;
    case Access::kReadWrite: return common | SQLITE_OPEN_READWRITE;
    case Access::kCreate: break;
  }
  return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

// As a file: URI (https://www.sqlite.org/uri.html), so that any path is taken as it is.
std::string uri_of(const std::string &path, Access access) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return access == Access::kImmutable ? uri + "?immutable=1" : uri;
}

extern "C" int deadline_is_over(void *deadline) {
  return static_cast<const Deadline *>(deadline)->over() ? 1 : 0;
}

extern "C" int store_log_pages(void *pages, sqlite3 * /*db*/, const char * /*name*/, int count) {
  *static_cast<uint64_t *>(pages) = static_cast<uint64_t>(count);
  return SQLITE_OK;
}

}  // namespace

Statement::Statement(Database &db, const std::string &sql) {
  sqlite3_stmt *statement = nullptr;
  const int code = sqlite3_prepare_v3(db.db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) throw_failure(db.db_.get(), code);
}

void Statement::Finalize::operator()(sqlite3_stmt *statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement &Statement::bind(int index, const navi_bytes &bytes) {
  // A null pointer would bind NULL; the empty blob needs some address.
  const void *data = bytes.len == 0 ? "" : static_cast<const void *>(bytes.ptr);
  const int code = sqlite3_bind_blob64(statement_.get(), index, data, bytes.len, SQLITE_STATIC);
  if (code != SQLITE_OK) throw_failure(sqlite3_db_handle(statement_.get()), code);
  return *this;
}

Statement &Statement::bind(int index, uint64_t number) {
  const int code = sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(number));
  if (code != SQLITE_OK) throw_failure(sqlite3_db_handle(statement_.get()), code);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw_failure(sqlite3_db_handle(statement_.get()), code);
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

void Statement::run() {
  const Rows rows(*this);
  step();
}

navi_bytes Statement::bytes(int column) const {
  // The pointer first: it may convert the value, which changes the length.
  const void *data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  if (data == nullptr && size != 0) {
    throw_failure(sqlite3_db_handle(statement_.get()), SQLITE_NOMEM);
  }
  return {static_cast<const uint8_t *>(data), size};
}

uint64_t Statement::number(int column) const noexcept {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

void configure_library() noexcept {
  // The statistics cost a mutex that all threads share, in every allocation. Refused (and no harm
  // done) when SQLite is in use already.
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);
}

void Database::Close::operator()(sqlite3 *db) const noexcept { sqlite3_close_v2(db); }

Database::Database(const std::string &path, Access access) {
  sqlite3 *db = nullptr;
  const int code =
      sqlite3_open_v2(uri_of(path, access).c_str(), &db, open_flags(access), file_system());
  db_.reset(db);
  if (code != SQLITE_OK) throw_failure(db, code);
  const bool writes = access == Access::kReadWrite || access == Access::kCreate;
  // Without the rights to write SQLite opens the file for reading, and says nothing.
  if (writes && sqlite3_db_readonly(db, "main") == 1) {
    throw Failure(NAVI_DENIED, "no rights to write", EACCES);
  }
}

void Database::run(const std::string &sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_failure(db_.get(), code);
}

uint64_t Database::number(const std::string &sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string Database::text(const std::string &sql) {
  Statement statement(*this, sql);
  return statement.step() ? std::string(backend::view(statement.bytes(0))) : std::string();
}

bool Database::in_transaction() const noexcept { return sqlite3_get_autocommit(db_.get()) == 0; }

void Database::count_log_pages(uint64_t *pages) noexcept {
  sqlite3_wal_hook(db_.get(), store_log_pages, pages);
}

LogPages Database::checkpoint(Checkpoint mode) {
  static constexpr int kModes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART,
                                   SQLITE_CHECKPOINT_TRUNCATE};
  int written = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), "main", kModes[static_cast<int>(mode)],
                                             &written, &copied);
  if (code != SQLITE_OK) throw_failure(db_.get(), code);
  return {static_cast<uint64_t>(written < 0 ? 0 : written),
          static_cast<uint64_t>(copied < 0 ? 0 : copied)};
}

void Database::sync(int which, const char *failed) {
  sqlite3_file *file = nullptr;
  sqlite3_file_control(db_.get(), "main", which, static_cast<void *>(&file));
  if (file == nullptr || file->pMethods == nullptr) return;
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) throw Failure(NAVI_IO, words([&] { return failed; }), code);
}

void Database::sync_log() { sync(SQLITE_FCNTL_JOURNAL_POINTER, "sync the log failed"); }

void Database::sync_file() { sync(SQLITE_FCNTL_FILE_POINTER, "sync the file failed"); }

void Database::keep_log_at_close() noexcept {
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::set_deadline(const Deadline *deadline) noexcept {
  constexpr int kInstructions = 1000;  // between two looks at the clock: some 10 us
  // The handler only reads it.
  sqlite3_progress_handler(db_.get(), kInstructions,
                           deadline == nullptr ? nullptr : deadline_is_over,
                           const_cast<Deadline *>(deadline));
}

void Database::set_patience(int milliseconds) noexcept {
  sqlite3_busy_timeout(db_.get(), milliseconds);
}

void Database::copy_into(Database &to, const Deadline &deadline) {
  constexpr int kPages = 256;  // a step; between two the deadline is looked at
  sqlite3_backup *copy = sqlite3_backup_init(to.db_.get(), "main", db_.get(), "main");
  if (copy == nullptr) throw_failure(to.db_.get(), sqlite3_extended_errcode(to.db_.get()));
  int code = SQLITE_OK;
  while (code == SQLITE_OK && !deadline.over()) code = sqlite3_backup_step(copy, kPages);
  const int finished = sqlite3_backup_finish(copy);
  if (code == SQLITE_OK) deadline.check();
  if (code != SQLITE_DONE || finished != SQLITE_OK) {
    throw_failure(to.db_.get(), finished != SQLITE_OK ? finished : code);
  }
}

TransactionControl::TransactionControl(Database &db)
    : db_(db),
      begin_read_(db, "BEGIN"),
      begin_write_(db, "BEGIN IMMEDIATE"),
      commit_(db, "COMMIT"),
      rollback_(db, "ROLLBACK") {}

Failure in_file(const std::string &path, const Failure &failure) {
  return {failure.status(), path + ": " + failure.what(), failure.native(), failure.retry_ms()};
}

bool is_damage(const Failure &failure) noexcept {
  if (failure.status() == NAVI_CORRUPT) return true;
  const int64_t code = failure.native();
  return failure.status() == NAVI_IO &&
         (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ);
}

Failure as_damage(const Failure &failure) {
  return {NAVI_DAMAGED, failure.what(), failure.native()};
}

Transaction::Transaction(TransactionControl &control, Intent intent) : control_(control) {
  (intent == Intent::kRead ? control_.begin_read_ : control_.begin_write_).run();
}

Transaction::~Transaction() {
  if (!control_.db_.in_transaction()) return;
  // Cannot fail in a way that leaves the transaction open: the pages are only forgotten.
  try {
    control_.rollback_.run();
  } catch (const Failure &) {
  }
}

void Transaction::commit() { control_.commit_.run(); }

}  // namespace navistore::sqlite
