// SPDX-License-Identifier: Apache-2.0
#include "map_store.hpp"

#include <iterator>
#include <new>

#include "navistore/config.hpp"
#include "navistore/limits.hpp"

using navistore::backend::above;
using navistore::backend::bytes;
using navistore::backend::Failure;
using navistore::backend::ItemSink;
using navistore::backend::view;
using navistore::backend::visible;

std::unique_ptr<MapStore> MapStore::open(const navi_open &request, navi_caps &caps) {
  const navistore::backend::Config config(request.config);
  config.finish();  // it has no settings, so each one is refused
  if ((request.flags & NAVI_OPEN_MUST_EXIST) != 0) {
    throw Failure(NAVI_INVALID, "a store in memory never exists before it is opened");
  }
  caps.max_key = 4 << 10;
  caps.max_value = 16 << 20;
  caps.max_meta = 8 << 10;
  caps.max_txn_ops = 1024;
  caps.max_txn_bytes = 32 << 20;
  caps.max_batch = 1024;
  return std::unique_ptr<MapStore>(new MapStore(caps, request.flags));
}

void MapStore::read(const navi_read &request, const ItemSink &sink, navi_reply &reply) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reply.revision = revision_;
  for (size_t i = 0; i < request.n; ++i) {
    const Item *found = live(request.keys[i], request.now_ms);
    if (found == nullptr) continue;
    navi_item item = {request.keys[i],
                      bytes(found->value),
                      bytes(found->meta),
                      found->revision,
                      found->expires_ms,
                      0,
                      0};
    if ((request.flags & NAVI_F_NO_VALUE) != 0) item.value = {};
    if (!sink(i, item)) return;
  }
}

void MapStore::apply(const navi_apply &request, navi_result *results) {
  refuse_write(request.flags);
  if (above(request.n, caps_.max_batch)) throw Failure(NAVI_TOO_LARGE, "too many transactions");
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < request.n; ++i) {
    // The ones before it are applied, so that a lack of memory ends this transaction, not the call.
    try {
      results[i] = run(request.txns[i], request.now_ms);
    } catch (const std::bad_alloc &) {
      results[i] = {NAVI_NO_MEMORY, 0, 0, 0};
    }
  }
}

void MapStore::scan(const navi_scan &request, const ItemSink &sink, navi_reply &reply) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reply.revision = revision_;
  const std::string_view start = view(request.start);
  const std::string_view end = view(request.end);
  if (!end.empty() && start >= end) return;
  const bool reverse = (request.flags & NAVI_F_REVERSE) != 0;
  const bool after = (request.flags & NAVI_F_AFTER) != 0 && !reverse && !start.empty();
  const auto first = after ? items_.upper_bound(start) : items_.lower_bound(start);
  const auto last = end.empty() ? items_.end() : items_.lower_bound(end);
  reply.flags = reverse ? page(std::make_reverse_iterator(last), std::make_reverse_iterator(first),
                               request, sink)
                        : page(first, last, request, sink);
}

void MapStore::sync(uint64_t /*timeout_ms*/, navi_reply & /*reply*/) {
  throw Failure(NAVI_UNSUPPORTED, "nothing is durable in memory");
}

void MapStore::clear(const navi_apply &request, navi_reply &reply) {
  refuse_write(request.flags);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!items_.empty()) ++revision_;
  items_.clear();
  expiries_.clear();
  bytes_ = 0;
  reply.revision = revision_;
}

void MapStore::stats(navi_stats &stats) {
  const std::lock_guard<std::mutex> lock(mutex_);
  stats.items = items_.size();
  stats.bytes = bytes_;
  stats.revision = revision_;
  stats.next_expiry_ms = expiries_.empty() ? 0 : *expiries_.begin();
}

void MapStore::refuse_write(uint32_t flags) const {
  if ((flags_ & NAVI_OPEN_READ_ONLY) != 0) throw Failure(NAVI_READ_ONLY, "opened read-only");
  if ((flags & NAVI_F_DURABLE) != 0)
    throw Failure(NAVI_UNSUPPORTED, "nothing is durable in memory");
}

const MapStore::Item *MapStore::live(const navi_bytes &key, uint64_t now_ms) const {
  const auto found = items_.find(view(key));
  return found != items_.end() && visible(found->second.expires_ms, now_ms) ? &found->second
                                                                            : nullptr;
}

bool MapStore::holds(const navi_check &check, uint64_t now_ms) const {
  const Item *item = live(check.key, now_ms);
  if (check.kind == NAVI_CHECK_ABSENT) return item == nullptr;
  if (check.kind == NAVI_CHECK_PRESENT) return item != nullptr;
  return item != nullptr && item->revision == check.revision;
}

navi_result MapStore::run(const navi_txn &txn, uint64_t now_ms) {
  const navi_status form = navistore::backend::check_txn(txn, caps_);
  if (form != NAVI_OK) return {form, 0, 0, 0};
  for (uint32_t i = 0; i < txn.n_checks; ++i) {
    if (holds(txn.checks[i], now_ms)) continue;
    const Item *item = live(txn.checks[i].key, now_ms);
    return {NAVI_CONFLICT, i, revision_, item == nullptr ? 0 : item->revision};
  }
  bool changes = false;
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const bool found = live(txn.ops[i].key, now_ms) != nullptr;
    if (txn.found != nullptr) txn.found[i] = found ? 1 : 0;
    changes = changes || found || txn.ops[i].kind == NAVI_OP_PUT;
  }
  if (changes) write(txn);
  return {NAVI_OK, 0, revision_, 0};
}

void MapStore::write(const navi_txn &txn) {
  Items written;
  std::multiset<uint64_t> expiries;
  uint64_t size = 0;
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const navi_op &op = txn.ops[i];
    if (op.kind != NAVI_OP_PUT) continue;
    written.emplace(view(op.key), Item{std::string(view(op.value)), std::string(view(op.meta)),
                                       revision_ + 1, op.expires_ms});
    if (op.expires_ms != 0) expiries.insert(op.expires_ms);
    size += op.key.len + op.value.len + op.meta.len;
  }
  // From here on nothing can fail: merge() moves nodes and allocates nothing.
  for (uint32_t i = 0; i < txn.n_ops; ++i) remove(txn.ops[i].key);
  items_.merge(written);
  expiries_.merge(expiries);
  bytes_ += size;
  ++revision_;
}

void MapStore::remove(const navi_bytes &key) noexcept {
  const auto found = items_.find(view(key));
  if (found == items_.end()) return;
  const Item &item = found->second;
  if (item.expires_ms != 0) expiries_.erase(expiries_.find(item.expires_ms));
  bytes_ -= found->first.size() + item.value.size() + item.meta.size();
  items_.erase(found);
}

// Delivers what fits into the request's limits, and answers the flags of the reply.
template <class Iterator>
uint32_t MapStore::page(Iterator first, Iterator last, const navi_scan &request,
                        const ItemSink &sink) const {
  uint64_t delivered = 0;
  uint64_t size = 0;
  for (; first != last; ++first) {
    const auto &[key, stored] = *first;
    if (!visible(stored.expires_ms, request.now_ms)) continue;
    navi_item item = {
        bytes(key), bytes(stored.value), bytes(stored.meta), stored.revision, stored.expires_ms, 0,
        0};
    if ((request.flags & NAVI_F_NO_VALUE) != 0) item.value = {};
    size += item.key.len + item.value.len + item.meta.len;
    if (above(delivered + 1, request.max_items)) return NAVI_MORE;
    if (delivered > 0 && above(size, request.max_bytes)) return NAVI_MORE;
    if (!sink(delivered++, item)) return NAVI_MORE;
  }
  return 0;
}
