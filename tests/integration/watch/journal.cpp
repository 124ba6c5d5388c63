// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/watch/journal.hpp"

#include <algorithm>
#include <utility>

namespace navistore::test {
namespace {

using Group = std::map<std::string, std::string>;

std::string text_of(uint64_t revision, const Group &group) {
  std::string text = "@" + std::to_string(revision) + "{";
  for (const auto &[key, tag] : group) text += " " + key + (tag.empty() ? "-" : "=" + tag);
  return text + " }";
}

std::string check_order(const std::vector<Stretch> &stretches) {
  uint64_t last = 0;
  std::set<std::pair<uint64_t, std::string>> seen;
  for (const Stretch &stretch : stretches) {
    if (stretch.after < last) return "resumed before what it had\n";
    last = stretch.after;
    for (const SeenChange &change : stretch.changes) {
      const bool once = seen.emplace(change.revision, change.key).second;
      if (change.revision <= stretch.after || change.revision < last || !once) {
        return "out of order or twice: " + std::to_string(change.revision) + " " + change.key +
               "\n";
      }
      last = change.revision;
    }
    if (stretch.through < last) return "a cursor before its events\n";
    last = stretch.through;
  }
  return {};
}

std::map<uint64_t, Group> groups_of(const Stretch &stretch) {
  std::map<uint64_t, Group> groups;
  for (const SeenChange &change : stretch.changes) groups[change.revision][change.key] = change.tag;
  return groups;
}

}  // namespace

void Journal::intend(const std::string &tag, std::set<std::string> puts) {
  const Lock lock(mutex_);
  intended_[tag] = std::move(puts);
}

void Journal::acknowledge(uint64_t revision, const std::string &tag, const std::string &deleted) {
  const Lock lock(mutex_);
  acknowledged_[revision] = {tag, deleted};
}

size_t Journal::acknowledged() const {
  const Lock lock(mutex_);
  return acknowledged_.size();
}

Group Journal::expected(const Wanted &wanted, const Transaction &transaction) const {
  Group group;
  for (const std::string &key : intended_.at(transaction.tag)) {
    if (wanted.has(key)) group[key] = transaction.tag;
  }
  if (!transaction.deleted.empty() && wanted.has(transaction.deleted)) {
    group[transaction.deleted] = "";
  }
  return group;
}

// Every acknowledged transaction is there as it was meant; one of unknown outcome is whole.
std::string Journal::check_every(const Wanted &wanted, const Stretch &stretch) const {
  std::string wrong;
  const auto groups = groups_of(stretch);
  for (const auto &[revision, group] : groups) {
    if (acknowledged_.count(revision) != 0) continue;
    const auto put = std::find_if(group.begin(), group.end(),
                                  [](const auto &entry) { return !entry.second.empty(); });
    if (put == group.end()) continue;
    Group whole = expected(wanted, {put->second, {}});
    for (const auto &[key, tag] : group) {
      if (tag.empty()) whole[key] = "";  // whether it deleted something nobody was told
    }
    if (whole != group) wrong += "split: " + text_of(revision, group) + "\n";
  }
  const auto end = acknowledged_.upper_bound(stretch.through);
  for (auto next = acknowledged_.upper_bound(stretch.after); next != end; ++next) {
    const auto found = groups.find(next->first);
    const Group group = found == groups.end() ? Group() : found->second;
    const Group whole = expected(wanted, next->second);
    if (group == whole) continue;
    wrong +=
        "not whole: " + text_of(next->first, group) + " of " + text_of(next->first, whole) + "\n";
  }
  return wrong;
}

// Every key that an acknowledged transaction touched is there with it or with a later change.
std::string Journal::check_newest(const Wanted &wanted, const Stretch &stretch,
                                  const std::map<std::string, uint64_t> &newest) const {
  std::string wrong;
  const auto end = acknowledged_.upper_bound(stretch.through);
  for (auto next = acknowledged_.upper_bound(stretch.after); next != end; ++next) {
    for (const auto &[key, tag] : expected(wanted, next->second)) {
      const auto seen = newest.find(key);
      if (seen != newest.end() && seen->second >= next->first) continue;
      wrong += "missing: " + text_of(next->first, {{key, tag}}) + "\n";
    }
  }
  return wrong;
}

std::string Journal::check(const Wanted &wanted, const std::vector<Stretch> &stretches) const {
  const Lock lock(mutex_);
  std::string wrong = check_order(stretches);
  std::map<std::string, uint64_t> newest;
  for (const Stretch &stretch : stretches) {
    for (const SeenChange &change : stretch.changes) newest[change.key] = change.revision;
  }
  for (const Stretch &stretch : stretches) {
    const bool every = stretch.promise == Stretch::Promise::kEvery;
    wrong += every ? check_every(wanted, stretch) : check_newest(wanted, stretch, newest);
    if (wrong.size() > 2'000) break;
  }
  return wrong;
}

}  // namespace navistore::test
