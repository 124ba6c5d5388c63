// SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include <algorithm>

namespace navistore::sqlite {
namespace {

// A scan's statement depends on these bits.
constexpr unsigned kAfter = 1;
constexpr unsigned kReverse = 2;
constexpr unsigned kBounded = 4;
constexpr unsigned kNoValue = 8;

// The columns of an item, in fill()'s order. The value is last, since it may be missing.
std::string scan_sql(unsigned variant) {
  std::string sql = "SELECT key, meta, revision, expires";
  if ((variant & kNoValue) == 0) sql += ", value";
  sql += " FROM items WHERE key ";
  sql += (variant & kAfter) != 0 ? "> ?1" : ">= ?1";
  if ((variant & kBounded) != 0) sql += " AND key < ?2";
  sql += " ORDER BY key";
  if ((variant & kReverse) != 0) sql += " DESC";
  return sql;
}

unsigned variant_of(const navi_scan &request) {
  const bool reverse = (request.flags & NAVI_F_REVERSE) != 0;
  // Backwards the cursor is the end, which is exclusive anyway.
  const bool after = !reverse && (request.flags & NAVI_F_AFTER) != 0;
  return (after ? kAfter : 0) | (reverse ? kReverse : 0) | (request.end.len != 0 ? kBounded : 0) |
         ((request.flags & NAVI_F_NO_VALUE) != 0 ? kNoValue : 0);
}

}  // namespace

Reader::Reader(const std::string &path, const Config &config, Access access)
    : db_(open_for_reading(path, config, access)),
      control_(db_),
      find_(db_, "SELECT key, meta, revision, expires, value FROM items WHERE key = ?1"),
      find_bare_(db_, "SELECT key, meta, revision, expires FROM items WHERE key = ?1"),
      counters_row_(db_, kSelectCounters) {}

const Counters &Reader::refresh(CommitState &state) {
  state.require_file();
  // Read before the transaction begins: then it holds at least the commits that were counted. One
  // that is not counted yet may have been seen already.
  const uint64_t seen = state.revision.load(std::memory_order_acquire);
  const uint64_t generation = state.generation.load(std::memory_order_acquire);
  // An error may have ended the transaction behind our back.
  const bool newest = generation_ == generation && counters_.revision >= seen &&
                      snapshot_.has_value() && db_.in_transaction();
  if (newest) return counters_;
  snapshot_.reset();
  snapshot_.emplace(control_, Intent::kRead);
  counters_ = read_counters(counters_row_);
  state.saw(counters_.revision);
  generation_ = generation;
  return counters_;
}

void Reader::release_snapshot() noexcept { snapshot_.reset(); }

Statement &Reader::find_statement(uint32_t flags) noexcept {
  return (flags & NAVI_F_NO_VALUE) != 0 ? find_bare_ : find_;
}

void Reader::fill(const Statement &row, uint32_t flags, navi_item &item) {
  item = {};
  item.key = row.bytes(0);
  item.meta = row.bytes(1);
  item.revision = row.number(2);
  item.expires_ms = row.number(3);
  if ((flags & NAVI_F_NO_VALUE) == 0) item.value = row.bytes(4);
}

Statement &Reader::scan_statement(unsigned variant) {
  std::unique_ptr<Statement> &statement = scans_.at(variant);
  if (statement == nullptr) statement = std::make_unique<Statement>(db_, scan_sql(variant));
  return *statement;
}

Statement &Reader::open_scan(const navi_scan &request) {
  const unsigned variant = variant_of(request);
  Statement &statement = scan_statement(variant);
  statement.bind(1, request.start);
  if ((variant & kBounded) != 0) statement.bind(2, request.end);
  return statement;
}

Statement &Reader::open_log(uint64_t after) {
  if (log_ == nullptr) {
    log_ = std::make_unique<Statement>(
        db_, "SELECT revision, changes FROM log WHERE revision > ?1 ORDER BY revision");
  }
  return log_->bind(1, std::min<uint64_t>(after, INT64_MAX));
}

uint64_t Reader::next_expiry() {
  if (next_expiry_ == nullptr) {
    // The second choice are expiries from 2^63 on, which are negative numbers here.
    next_expiry_ = std::make_unique<Statement>(
        db_,
        "SELECT coalesce((SELECT min(expires) FROM items WHERE expires != 0 AND expires > 0),"
        " (SELECT min(expires) FROM items WHERE expires != 0), 0)");
  }
  Rows rows(*next_expiry_);
  return rows.next() ? next_expiry_->number(0) : 0;
}

}  // namespace navistore::sqlite
