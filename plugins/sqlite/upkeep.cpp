// SPDX-License-Identifier: Apache-2.0
// navistore.upkeep/1 but for purge: what takes long, on connections of its own.
#include "files.hpp"
#include "sqlite_store.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

constexpr uint64_t kShrinkPages = 512;  // pages that are given back while commits wait

// The counters must be those of the tables.
void check_counters(Database &db) {
  Statement counters_row(db, kSelectCounters);
  const Counters counters = read_counters(counters_row);
  const uint64_t items = db.number("SELECT count(*) FROM items");
  const uint64_t bytes =
      db.number("SELECT total(length(key) + length(meta) + length(value)) FROM items");
  const uint64_t newest = db.number("SELECT max(revision) FROM items");
  if (items != counters.items || bytes != counters.bytes || newest > counters.revision) {
    throw Failure(NAVI_CORRUPT, "the counters do not fit the items");
  }
}

}  // namespace

void SqliteStore::verify(uint64_t timeout_ms) {
  const Deadline deadline(timeout_ms, interrupts_);
  Database db = open_for_reading(path_, config_, access_);
  db.set_deadline(&deadline);
  try {
    TransactionControl control(db);
    const Transaction snapshot(control, Intent::kRead);
    const std::string found = db.text("PRAGMA integrity_check(1)");
    state_.require_file();
    if (found != "ok") throw Failure(NAVI_CORRUPT, found);
    check_counters(db);
  } catch (const Failure &failure) {
    if (failure.status() == NAVI_CANCELLED) deadline.check();  // tells a timeout from an interrupt
    throw;
  }
}

void SqliteStore::compact(uint64_t timeout_ms) {
  const Deadline deadline(timeout_ms, interrupts_);
  Writer &writer = this->writer();
  bool more = true;
  while (more) {
    checkpointer_->await_room(deadline);
    more = writer.shrink(kShrinkPages, deadline).more;
    checkpointer_->look();
    deadline.check();
  }
  checkpointer_->truncate(deadline);
}

void SqliteStore::backup(const char *empty_dir, navi_reply &reply) {
  require_empty_directory(empty_dir);
  const Deadline deadline(0, interrupts_);
  const std::string path = std::string(empty_dir) + "/" + name_ + ".db";
  const std::string unfinished = path + ".unfinished";
  Database from = open_for_reading(path_, config_, access_);
  TransactionControl control(from);
  Statement counters_row(from, kSelectCounters);
  const Transaction snapshot(control, Intent::kRead);
  reply.revision = read_counters(counters_row).revision;
  try {
    Database to(unfinished, Access::kCreate);
    from.copy_into(to, deadline);
    state_.require_file();
  } catch (const Failure &failure) {
    throw in_file(unfinished, failure);
  }
  sync_path(unfinished);
  rename_file(unfinished, path);
  sync_path(empty_dir);
}

}  // namespace navistore::sqlite
