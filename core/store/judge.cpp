// SPDX-License-Identifier: Apache-2.0
#include "core/store/judge.hpp"

#include <algorithm>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

bool by_key(const Judge::Current &left, const Judge::Current &right) {
  return left.key < right.key;
}

bool copies_without_stamp(const Transaction &transaction) {
  return std::any_of(
      transaction.operations.begin(), transaction.operations.end(), [](const Operation &op) {
        return op.kind == Operation::Kind::kCopy && MetaView(op.meta).stamp().ms == 0;
      });
}

bool holds(const Condition &condition, const Judge::Current &current) {
  switch (condition.kind) {
    case Condition::Kind::kAbsent: return !current.live();
    case Condition::Kind::kPresent: return current.live();
    case Condition::Kind::kRevision: break;
  }
  return current.live() && current.revision == condition.revision;
}

}  // namespace

Outcome Judge::read(const Transaction &transaction, uint64_t now_ms, BackendStore &store) {
  current_.clear();
  keys_.clear();
  const auto add = [&](const std::string &key) {
    current_.emplace_back();
    current_.back().key = key;
  };
  for (const Condition &condition : transaction.conditions) add(condition.key);
  for (const Operation &op : transaction.operations) add(op.key);
  if (current_.size() > 1) {
    std::sort(current_.begin(), current_.end(), by_key);
    current_.erase(std::unique(current_.begin(), current_.end(),
                               [](const Current &left, const Current &right) {
                                 return left.key == right.key;
                               }),
                   current_.end());
  }
  for (const Current &current : current_) keys_.push_back(bytes(current.key));
  navi_read request{};
  request.flags = NAVI_F_SNAPSHOT;
  if (!copies_without_stamp(transaction)) request.flags |= NAVI_F_NO_VALUE;
  request.now_ms = 0;  // what is due and not removed yet still has a stamp
  request.keys = keys_.data();
  request.n = keys_.size();
  navi_reply reply;
  const CallStatus status = store.read(
      request,
      [&](uint64_t index, const navi_item &item) {
        Current &current = current_[index];
        const MetaView meta(view(item.meta));
        current.revision = item.revision;
        current.expires_ms = item.expires_ms;
        const bool due = item.expires_ms != 0 && item.expires_ms <= now_ms;
        current.time = due ? Current::Time::kDue : Current::Time::kLeft;
        current.stamp = meta.stamp();
        current.life = meta.tombstone() ? Life::kTombstone : Life::kLive;
        current.value = view(item.value);
        return true;
      },
      reply);
  if (!status.ok()) return error_from(status, Call::kRead).in("read what a write replaces");
  revision_ = reply.revision;
  return Done{};
}

const Judge::Current &Judge::at(std::string_view key) const {
  Current wanted;
  wanted.key = key;
  return *std::lower_bound(current_.begin(), current_.end(), wanted, by_key);
}

std::optional<uint32_t> Judge::first_false(const std::vector<Condition> &conditions) const {
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (!holds(conditions[i], at(conditions[i].key))) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

bool Judge::accepts(const Operation &copy, uint64_t now_ms) const {
  const Current &current = at(copy.key);
  const bool expired = copy.expiry.at_ms != 0 && copy.expiry.at_ms <= now_ms;
  if (current.revision == 0) return !expired;
  const MetaView meta(copy.meta);
  const Life life = meta.tombstone() ? Life::kTombstone : Life::kLive;
  return supersedes({meta.stamp(), life, copy.value}, {current.stamp, current.life, current.value});
}

}  // namespace navistore::store
