// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/cases/model.hpp"

#include <algorithm>
#include <vector>

#include "sdk/conformance/cases/text.hpp"

namespace navistore::conformance {
namespace {

bool is_live(const Item &item, uint64_t now_ms) {
  return item.expires_ms == 0 || item.expires_ms > now_ms;
}

bool in_range(const ScanRequest &request, const std::string &key) {
  const bool reverse = (request.flags & NAVI_F_REVERSE) != 0;
  const bool after = (request.flags & NAVI_F_AFTER) != 0 && !reverse;
  if (after && !request.start.empty() && key <= request.start) return false;
  return key >= request.start && (request.end.empty() || key < request.end);
}

}  // namespace

std::string describe(const Item &item) {
  return escape(item.key) + "=" + escape(item.value) + "/" + escape(item.meta) + "@" +
         std::to_string(item.revision) + "<" + std::to_string(item.expires_ms);
}

std::string describe(const TxnResult &result) {
  std::string text = outcome(result);
  if (result.status == NAVI_CONFLICT) {
    return text + " check " + std::to_string(result.detail) + " current " +
           std::to_string(result.current);
  }
  return text + (result.ok() ? " found " + found_of(result) : " " + result.error);
}

const Item *Model::live(const std::string &key, uint64_t now_ms) const {
  const auto found = items_.find(key);
  return found != items_.end() && is_live(found->second, now_ms) ? &found->second : nullptr;
}

bool Model::holds(const Txn::Check &check, uint64_t now_ms) const {
  const Item *item = live(check.key, now_ms);
  if (check.kind == NAVI_CHECK_ABSENT) return item == nullptr;
  return item != nullptr && (check.kind == NAVI_CHECK_PRESENT || item->revision == check.revision);
}

const Txn::Check *Model::first_failure(const Txn &txn, uint64_t now_ms) const {
  for (const Txn::Check &check : txn.checks) {
    if (!holds(check, now_ms)) return &check;
  }
  return nullptr;
}

bool Model::would_change(const Txn &txn, uint64_t now_ms) const {
  if (first_failure(txn, now_ms) != nullptr) return false;
  return std::any_of(txn.ops.begin(), txn.ops.end(), [&](const Txn::Op &op) {
    return op.kind == NAVI_OP_PUT || live(op.key, now_ms) != nullptr;
  });
}

std::string Model::apply(const Txn &txn, uint64_t now_ms, uint64_t revision) {
  if (const Txn::Check *failed = first_failure(txn, now_ms)) {
    const Item *item = live(failed->key, now_ms);
    return "CONFLICT check " + std::to_string(failed - txn.checks.data()) + " current " +
           std::to_string(item == nullptr ? 0 : item->revision);
  }
  std::string found;
  for (const Txn::Op &op : txn.ops) {
    const bool there = live(op.key, now_ms) != nullptr;
    found += (found.empty() ? "" : " ") + std::to_string(there ? 1 : 0);
    if (op.kind == NAVI_OP_PUT) {
      items_[op.key] = {op.key, op.value, op.meta, revision, op.expires_ms};
    } else if (there) {
      items_.erase(op.key);
    }
  }
  return "OK found " + found;
}

std::string Model::read(const std::string &key, uint64_t now_ms) const {
  const Item *item = live(key, now_ms);
  return item == nullptr ? "-" : describe(*item);
}

std::string Model::scan(const ScanRequest &request) const {
  std::vector<const Item *> range;
  for (const auto &[key, item] : items_) {
    if (in_range(request, key) && is_live(item, request.now_ms)) range.push_back(&item);
  }
  if ((request.flags & NAVI_F_REVERSE) != 0) std::reverse(range.begin(), range.end());
  std::string text;
  uint64_t items = 0;
  uint64_t bytes = 0;
  for (const Item *item : range) {
    bytes += item->key.size() + item->value.size() + item->meta.size();
    const bool too_many = request.max_items != 0 && items == request.max_items;
    const bool too_large = request.max_bytes != 0 && items != 0 && bytes > request.max_bytes;
    if (too_many || too_large) return text + "+";
    text += describe(*item) + " ";
    ++items;
  }
  return text;
}

size_t Model::purge(uint64_t now_ms) {
  const size_t before = items_.size();
  for (auto at = items_.begin(); at != items_.end();) {
    at = is_live(at->second, now_ms) ? std::next(at) : items_.erase(at);
  }
  return before - items_.size();
}

}  // namespace navistore::conformance
