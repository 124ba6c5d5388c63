// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <algorithm>

#include "navistore/limits.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

constexpr uint64_t kTrimRows = 10000;  // revisions a step of trim() forgets
// An expiry from here on is negative for SQLite, and does not come in this world's time.
constexpr uint64_t kMaxNumber = INT64_MAX;
constexpr uint64_t kPurgeItems = 1000;  // items a step of purge() deletes

// The outcome of a transaction that failed with this is open, and so is the state of the
// connection.
bool is_fatal(navi_status status) { return status >= NAVI_MAYBE; }

bool less(const navi_bytes &a, const navi_bytes &b) { return backend::view(a) < backend::view(b); }
bool same(const navi_bytes &a, const navi_bytes &b) { return backend::view(a) == backend::view(b); }

bool holds(const navi_check &check, const Row &row, uint64_t now_ms) {
  const bool live = row.live(now_ms);
  switch (check.kind) {
    case NAVI_CHECK_ABSENT: return !live;
    case NAVI_CHECK_PRESENT: return live;
    default: return (live ? row.revision : 0) == check.revision;
  }
}

bool has_twin(const navi_txn &txn, std::vector<navi_bytes> &keys) {
  if (txn.n_ops < 2) return false;
  keys.clear();
  for (uint32_t i = 0; i < txn.n_ops; ++i) keys.push_back(txn.ops[i].key);
  std::sort(keys.begin(), keys.end(), less);
  return std::adjacent_find(keys.begin(), keys.end(), same) != keys.end();
}

}  // namespace

Writer::Writer(const std::string &path, const Config &config, const navi_caps &caps,
               CommitState &state, RowCache &rows)
    : configured_(config.synchronous),
      caps_(caps),
      state_(state),
      row_cache_(rows),
      db_(open_for_writing(path, config)),
      control_(db_),
      table_(db_),
      expired_(db_,
               "SELECT key, meta FROM items WHERE expires != 0 AND expires > 0 AND expires <= ?1 "
               "ORDER BY expires LIMIT ?2"),
      in_use_(config.synchronous) {
  db_.count_log_pages(&counted_pages_);
  // Opening has brought everything into the file, and synced it.
  state_.durable_revision = table_.load().revision;
}

Writer::~Writer() {
  // What the log of a failed disk holds is judged by its checksums when it is opened again, not
  // copied blindly.
  if (is_dead()) db_.keep_log_at_close();
}

void Writer::note_failure(const Failure &failure) noexcept {
  if (!is_fatal(failure.status())) return;
  int32_t alive = NAVI_OK;
  dead_.compare_exchange_strong(alive, failure.status());
}

void Writer::require_alive() const {
  const int32_t status = dead_.load();
  if (status != NAVI_OK) {
    throw Failure(status, "the store failed before and must be opened again");
  }
}

void Writer::use(Synchronous synchronous) {
  if (in_use_ == synchronous) return;
  set_synchronous(db_, synchronous);
  in_use_ = synchronous;
}

Writer::Outcome Writer::in_turn(const Deadline &deadline, const std::function<Outcome()> &work) {
  const WriteGate::Turn turn(gate_, deadline);
  require_alive();
  try {
    return work();
  } catch (const Failure &failure) {
    note_failure(failure);
    throw;
  }
}

Writer::Outcome Writer::run(const Deadline &deadline, Durability durability, const Change &change) {
  return in_turn(deadline, [&] { return commit(durability, change); });
}

Writer::Outcome Writer::commit(Durability durability, const Change &change) {
  use(durability == Durability::kDurable ? Synchronous::kFull : configured_);
  Transaction transaction(control_, Intent::kWrite);
  Counters counters = table_.load();
  Outcome outcome = make(change, counters);
  outcome.revision = counters.revision;
  if (outcome.changed) {
    table_.save(counters);
    transaction.commit();
    publish(counters.revision, in_use_);
  } else if (durability == Durability::kDurable && state_.durable_revision < counters.revision) {
    // What the answer was judged by must be as durable as an answer of its own.
    db_.sync_log();
    state_.durable_revision = counters.revision;
  }
  return outcome;
}

// Nothing was sent to the log's end yet, so what fails for a damaged page can be taken back.
Writer::Outcome Writer::make(const Change &change, Counters &counters) {
  try {
    return change(counters);
  } catch (const Failure &failure) {
    if (is_damage(failure)) throw as_damage(failure);
    throw;
  }
}

void Writer::publish(uint64_t revision, Synchronous synchronous) noexcept {
  if (synchronous == Synchronous::kFull) state_.durable_revision = revision;
  state_.saw(revision);
  log_pages_.store(counted_pages_, std::memory_order_relaxed);
  state_.generation.fetch_add(1, std::memory_order_release);
}

Writer::Outcome Writer::apply(const navi_apply &request, navi_result *results,
                              const Deadline &deadline) {
  std::vector<navi_result> judged(request.n);
  const Outcome outcome = in_turn(deadline, [&] {
    const Outcome committed = apply_range(request, {0, request.n}, judged);
    remember(request, judged);
    return committed;
  });
  std::copy(judged.begin(), judged.end(), results);
  return outcome;
}

// In one commit, unless a transaction needs a damaged page. SQLite takes no write behind such an
// error until all is rolled back, so then each half has a commit of its own, and so on down to that
// transaction, which alone fails.
Writer::Outcome Writer::apply_range(const navi_apply &request, Range range,
                                    std::vector<navi_result> &judged) {
  const bool durable = (request.flags & NAVI_F_DURABLE) != 0;
  const auto change = [&](Counters &counters) {
    const uint64_t before = counters.revision;
    for (size_t i = range.begin; i < range.end; ++i) {
      judged[i] = apply_one(request.txns[i], request.now_ms, counters);
    }
    return Outcome{0, counters.revision != before, false};
  };
  try {
    return commit(durable ? Durability::kDurable : Durability::kConfigured, change);
  } catch (const Failure &failure) {
    const bool whole = range.end - range.begin == request.n;
    const bool split = failure.status() == NAVI_DAMAGED && range.end - range.begin > 1;
    if (is_fatal(failure.status()) || (whole && !split)) throw;
    if (split) return apply_halves(request, range, judged);
    const navi_result refused = {failure.status(), 0, 0, 0};
    std::fill(judged.begin() + static_cast<std::ptrdiff_t>(range.begin),
              judged.begin() + static_cast<std::ptrdiff_t>(range.end), refused);
  }
  return {state_.revision.load(), false, false};
}

Writer::Outcome Writer::apply_halves(const navi_apply &request, Range range,
                                     std::vector<navi_result> &judged) {
  const size_t middle = range.begin + (range.end - range.begin) / 2;
  const Outcome first = apply_range(request, {range.begin, middle}, judged);
  Outcome second = apply_range(request, {middle, range.end}, judged);
  second.changed = second.changed || first.changed;
  return second;
}

// Puts what was just committed where readers find it; nobody else has changed it since.
void Writer::remember(const navi_apply &request, const std::vector<navi_result> &results) {
  for (size_t i = 0; i < request.n; ++i) {
    if (results[i].status != NAVI_OK) continue;
    const navi_txn &txn = request.txns[i];
    for (const navi_op *op = txn.ops; op != txn.ops + txn.n_ops; ++op) {
      if (op->kind != NAVI_OP_PUT) continue;
      navi_item item = {};
      item.key = op->key;
      item.meta = op->meta;
      item.value = op->value;
      item.revision = results[i].revision;
      item.expires_ms = op->expires_ms;
      row_cache_.add(item, item.revision);
    }
  }
}

navi_result Writer::apply_one(const navi_txn &txn, uint64_t now_ms, Counters &counters) {
  navi_result result = {backend::check_txn(txn, caps_), 0, counters.revision, 0};
  if (result.status == NAVI_OK && has_twin(txn, keys_)) result.status = NAVI_INVALID;
  if (result.status != NAVI_OK || !checks_hold(txn, now_ms, result)) return result;
  if (changes_something(txn, now_ms)) {
    change_items(txn, now_ms, counters);
    result.revision = counters.revision;
  }
  for (uint32_t i = 0; txn.found != nullptr && i < txn.n_ops; ++i) {
    txn.found[i] = rows_[i].live(now_ms) ? 1 : 0;
  }
  return result;
}

// As the transaction at hand has left it: what it changed is not in the cache.
Row Writer::find(const navi_bytes &key) {
  Row row;
  return row_cache_.look(key, row) ? row : table_.find(key);
}

bool Writer::checks_hold(const navi_txn &txn, uint64_t now_ms, navi_result &result) {
  for (uint32_t i = 0; i < txn.n_checks; ++i) {
    const Row row = find(txn.checks[i].key);
    if (holds(txn.checks[i], row, now_ms)) continue;
    result.status = NAVI_CONFLICT;
    result.detail = i;
    result.current = row.live(now_ms) ? row.revision : 0;
    return false;
  }
  return true;
}

// Looks up every op's key into rows_.
bool Writer::changes_something(const navi_txn &txn, uint64_t now_ms) {
  bool changes = false;
  rows_.clear();
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    rows_.push_back(find(txn.ops[i].key));
    changes = changes || txn.ops[i].kind == NAVI_OP_PUT || rows_[i].live(now_ms);
  }
  return changes;
}

void Writer::change_items(const navi_txn &txn, uint64_t now_ms, Counters &counters) {
  ++counters.revision;
  changes_.clear();
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const navi_op &op = txn.ops[i];
    row_cache_.drop(op.key, counters.revision);
    if (op.kind == NAVI_OP_PUT) {
      table_.put(op, counters.revision, rows_[i], counters);
      changes_.add({NAVI_CHANGE_PUT, 0, op.key, {}});
    } else if (rows_[i].live(now_ms)) {  // an expired item is left to purge(), which reports it
      table_.remove(op.key, rows_[i], counters);
      changes_.add({NAVI_CHANGE_DELETE, 0, op.key, {}});
    }
  }
  table_.log(counters.revision, changes_.packed());
}

Writer::Outcome Writer::clear(const navi_apply &request, const Deadline &deadline) {
  const Durability durability =
      (request.flags & NAVI_F_DURABLE) != 0 ? Durability::kDurable : Durability::kConfigured;
  return run(deadline, durability, [&](Counters &counters) {
    table_.remove_all(counters);
    changes_.clear();
    changes_.add({NAVI_CHANGE_CLEAR, 0, {}, {}});
    table_.log(++counters.revision, changes_.packed());
    row_cache_.drop_all(counters.revision);
    return Outcome{0, true, false};
  });
}

Writer::Outcome Writer::purge(uint64_t now_ms, uint64_t max_items, const Deadline &deadline) {
  const uint64_t limit = max_items == 0 ? kPurgeItems : std::min(max_items, kPurgeItems);
  return run(deadline, Durability::kConfigured, [&](Counters &counters) {
    const uint64_t expired = delete_expired(now_ms, limit, counters);
    return Outcome{0, expired != 0, expired > limit};
  });
}

// Returns how many there were, counted up to max_items + 1.
uint64_t Writer::delete_expired(uint64_t now_ms, uint64_t max_items, Counters &counters) {
  std::vector<std::string> keys;
  changes_.clear();
  uint64_t expired = 0;
  {
    expired_.bind(1, std::min(now_ms, kMaxNumber)).bind(2, max_items + 1);
    Rows rows(expired_);
    while (rows.next() && ++expired <= max_items) {
      const navi_bytes key = expired_.bytes(0);
      keys.emplace_back(backend::view(key));
      changes_.add({NAVI_CHANGE_DELETE, NAVI_CHANGE_EXPIRED, key, expired_.bytes(1)});
    }
  }
  for (const std::string &key : keys) {
    row_cache_.drop(backend::bytes(key), counters.revision + 1);
    table_.remove(backend::bytes(key), table_.find(backend::bytes(key)), counters);
  }
  if (expired != 0) table_.log(++counters.revision, changes_.packed());
  return expired;
}

Writer::Outcome Writer::trim(uint64_t before, const Deadline &deadline) {
  return run(deadline, Durability::kConfigured, [&](Counters &counters) {
    // The floor rises with the first step, so that nobody reads over the gap of the later ones.
    counters.floor = std::max(counters.floor, std::min(before, counters.revision + 1));
    return Outcome{0, true, table_.forget_changes(counters.floor, kTrimRows)};
  });
}

Writer::Outcome Writer::sync(const Deadline &deadline) {
  return run(deadline, Durability::kDurable, [](Counters &) { return Outcome{}; });
}

Writer::Outcome Writer::shrink(uint64_t pages, const Deadline &deadline) {
  return in_turn(deadline, [&] { return free_pages(pages); });
}

Writer::Outcome Writer::free_pages(uint64_t pages) {
  const uint64_t free = db_.number("PRAGMA freelist_count");
  if (free == 0) return {};
  use(configured_);
  db_.run("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
  publish(table_.load().revision, in_use_);
  return {0, true, free > pages};
}

}  // namespace navistore::sqlite
