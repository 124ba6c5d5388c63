// SPDX-License-Identifier: Apache-2.0
#include "sqlite_store.hpp"

#include <algorithm>
#include <new>

#include "change_feed.hpp"
#include "navistore/limits.hpp"
#include "scan_page.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

constexpr int32_t kLogWarning = 2;
constexpr size_t kKeysBetweenLooks = 16;  // at the clock: a single read does without

navi_caps offered_caps() {
  navi_caps caps = {};
  caps.size = sizeof caps;
  caps.flags = NAVI_CAP_PERSISTENT | NAVI_CAP_FAST_READS;
  caps.max_key = 1024;
  caps.max_value = 64U << 20;
  caps.max_meta = 64U << 10;
  caps.max_txn_ops = 1024;
  caps.max_txn_bytes = 128U << 20;
  caps.max_batch = 1024;
  return caps;
}

bool is_read_only(const navi_open &request) { return (request.flags & NAVI_OPEN_READ_ONLY) != 0; }

// Those who write exclude all others; those who read exclude only them.
Descriptor lock(const navi_open &request, const std::string &path) {
  const bool must_exist = (request.flags & (NAVI_OPEN_READ_ONLY | NAVI_OPEN_MUST_EXIST)) != 0;
  if (must_exist && !file_exists(path + ".db")) {
    throw Failure(NAVI_INVALID, path + ".db: there is no such store");
  }
  return lock_file(path + ".lock",
                   is_read_only(request) ? LockMode::kShared : LockMode::kExclusive);
}

// A store that is open for reading only is locked against writers. Without a log, as a close leaves
// it, its file is then all there is.
Access reading_access(const navi_open &request, const std::string &path) {
  return is_read_only(request) && file_is_empty(path + "-wal") ? Access::kImmutable
                                                               : Access::kReadOnly;
}

}  // namespace

std::unique_ptr<SqliteStore> SqliteStore::open(const navi_open &request, navi_caps &caps) {
  const Config config = parse_config(request.config);
  configure_library();
  const uint32_t size = caps.size;
  caps = offered_caps();
  caps.size = size;
  return std::unique_ptr<SqliteStore>(new SqliteStore(request, config));
}

SqliteStore::SqliteStore(const navi_open &request, const Config &config)
    : name_(request.ns),
      path_(std::string(request.data_dir) + "/" + name_ + ".db"),
      config_(config),
      host_(request.host),
      lock_(lock(request, std::string(request.data_dir) + "/" + name_)),
      access_(reading_access(request, path_)),
      rows_(config.row_cache_bytes) {
  try {
    start(request);
  } catch (const Failure &failure) {
    throw in_file(path_, failure);
  }
}

void SqliteStore::start(const navi_open &request) {
  const bool read_only = is_read_only(request);
  const bool exists = file_exists(path_);
  if (!read_only) writer_ = std::make_unique<Writer>(path_, config_, offered_caps(), state_, rows_);
  if (!exists) sync_path(request.data_dir);
  readers_ = std::make_unique<ReaderPool>(path_, config_, access_);
  // Opened here and not by the first read, so that a file which is no store is found now.
  state_.durable_revision = readers_->lease(Deadline(0, interrupts_))->refresh(state_).revision;
  if (read_only) return;
  const auto log = [this](const Failure &failure) { report(failure); };
  checkpointer_ = std::make_unique<Checkpointer>(path_, config_, *writer_, *readers_, log);
}

// Reads of rows, from a state whose counters could be read: what is damaged is not all of it.
template <class Read>
void SqliteStore::around_damage(const Read &read) const {
  try {
    read();
  } catch (const Failure &failure) {
    if (is_damage(failure)) throw in_file(path_, as_damage(failure));
    throw;
  }
}

void SqliteStore::report(const Failure &failure) const noexcept {
  if (host_ == nullptr || host_->log == nullptr) return;
  try {
    const std::string line = "sqlite: " + name_ + ": checkpoint: " + failure.what();
    host_->log(host_->ctx, kLogWarning, line.data(), line.size());
  } catch (const std::bad_alloc &) {
    // There is no memory to say it with.
  }
}

Writer &SqliteStore::writer() {
  if (writer_ == nullptr) throw Failure(NAVI_READ_ONLY, path_ + ": open for reading only");
  return *writer_;
}

void SqliteStore::committed(const Writer::Outcome &outcome) {
  if (!outcome.changed) return;
  bell_.ring();
  checkpointer_->look();
}

// False: SQLite must be asked.
bool SqliteStore::read_remembered(const navi_read &request, const backend::ItemSink &sink,
                                  navi_reply &reply) {
  // Looked at first: whatever changed the key up to here has left its mark.
  const uint64_t newest = state_.revision.load(std::memory_order_acquire);
  RowCache::Found found;
  if (request.n != 1 || !rows_.find(request.keys[0], found)) return false;
  reply.revision = std::max(newest, found.item.revision);
  if ((request.flags & NAVI_F_NO_VALUE) != 0) found.item.value = {};
  if (backend::visible(found.item.expires_ms, request.now_ms)) sink(0, found.item);
  return true;
}

void SqliteStore::read(const navi_read &request, const backend::ItemSink &sink, navi_reply &reply) {
  if (read_remembered(request, sink, reply)) return;
  const Deadline deadline(request.timeout_ms, interrupts_);
  const ReaderPool::Lease reader = readers_->lease(deadline);
  reply.revision = reader->refresh(state_).revision;
  const auto find_all = [&] { deliver(*reader, request, sink, reply.revision, deadline); };
  around_damage(find_all);
}

void SqliteStore::deliver(Reader &reader, const navi_read &request, const backend::ItemSink &sink,
                          uint64_t revision, const Deadline &deadline) {
  Statement &find = reader.find_statement(request.flags);
  for (size_t i = 0; i < request.n; ++i) {
    if (i % kKeysBetweenLooks == kKeysBetweenLooks - 1 || deadline.interrupted()) deadline.check();
    find.bind(1, request.keys[i]);
    Rows rows(find);
    if (!rows.next()) continue;
    navi_item item;
    Reader::fill(find, request.flags, item);
    if (request.n == 1 && (request.flags & NAVI_F_NO_VALUE) == 0) rows_.add(item, revision);
    if (backend::visible(item.expires_ms, request.now_ms) && !sink(i, item)) return;
  }
}

void SqliteStore::apply(const navi_apply &request, navi_result *results) {
  Writer &writer = this->writer();
  if (request.n > offered_caps().max_batch) {
    throw Failure(NAVI_TOO_LARGE, "more transactions than max_batch");
  }
  const Deadline deadline(request.timeout_ms, interrupts_);
  checkpointer_->await_room(deadline);
  committed(writer.apply(request, results, deadline));
}

void SqliteStore::scan(const navi_scan &request, const backend::ItemSink &sink, navi_reply &reply) {
  const Deadline deadline(request.timeout_ms, interrupts_);
  const ReaderPool::Lease reader = readers_->lease(deadline);
  reply.revision = reader->refresh(state_).revision;
  around_damage([&] {
    ScanPage page(request, sink, deadline);
    if (page.deliver(reader->open_scan(request))) reply.flags |= NAVI_MORE;
  });
}

void SqliteStore::sync(uint64_t timeout_ms, navi_reply &reply) {
  if (writer_ != nullptr) writer_->sync(Deadline(timeout_ms, interrupts_));
  reply.revision = state_.durable_revision.load();
}

void SqliteStore::clear(const navi_apply &request, navi_reply &reply) {
  Writer &writer = this->writer();
  const Deadline deadline(request.timeout_ms, interrupts_);
  checkpointer_->await_room(deadline);
  const Writer::Outcome outcome = writer.clear(request, deadline);
  reply.revision = outcome.revision;
  committed(outcome);
}

void SqliteStore::stats(navi_stats &stats) {
  const ReaderPool::Lease reader = readers_->lease(Deadline(0, interrupts_));
  const Counters &counters = reader->refresh(state_);
  stats.items = counters.items;
  stats.bytes = counters.bytes;
  stats.revision = counters.revision;
  stats.durable_revision = state_.durable_revision.load();
  stats.oldest_change = counters.floor;
  around_damage([&] { stats.next_expiry_ms = reader->next_expiry(); });
}

void SqliteStore::interrupt() noexcept {
  interrupts_.fetch_add(1);
  if (writer_ != nullptr) writer_->gate().wake();
  readers_->wake();
  if (checkpointer_ != nullptr) checkpointer_->wake();
}

void SqliteStore::changes(const navi_tail &request, const backend::ChangeSink &sink,
                          navi_reply &reply) {
  const Deadline deadline(request.timeout_ms, interrupts_);
  const ReaderPool::Lease reader = readers_->lease(deadline);
  const Counters &counters = reader->refresh(state_);
  if (request.after < counters.floor - 1) {
    reply.revision = counters.floor;
    throw Failure(NAVI_COMPACTED, "changes before " + std::to_string(counters.floor) + " are gone");
  }
  reply.revision = counters.revision;
  around_damage([&] {
    if (ChangeFeed(*reader, request, sink, deadline).deliver()) reply.flags |= NAVI_MORE;
  });
}

void SqliteStore::trim(uint64_t before) {
  Writer &writer = this->writer();
  const Deadline deadline(0, interrupts_);
  bool more = true;
  while (more) {
    checkpointer_->await_room(deadline);
    more = writer.trim(before, deadline).more;
    checkpointer_->look();
  }
}

void SqliteStore::arm(void (*bell)(void *) noexcept, void *context) { bell_.arm(bell, context); }

void SqliteStore::purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply) {
  Writer &writer = this->writer();
  const Deadline deadline(0, interrupts_);
  checkpointer_->await_room(deadline);
  const Writer::Outcome outcome = writer.purge(now_ms, max_items, deadline);
  reply.revision = outcome.revision;
  if (outcome.more) reply.flags |= NAVI_MORE;
  committed(outcome);
}

}  // namespace navistore::sqlite
