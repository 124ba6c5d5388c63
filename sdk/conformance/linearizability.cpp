// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/linearizability.hpp"

#include <navistore/backend.h>

#include <algorithm>
#include <unordered_map>

namespace navistore::conformance {
namespace {

using Kind = Operation::Kind;
using Violation = std::optional<std::string>;

// A key's state from revision `from` on. item 0: no item.
struct Version {
  uint64_t from, item, tag;
};

std::string number(uint64_t n) { return std::to_string(n); }
std::string key_name(uint32_t key) { return "k" + number(key); }

std::string item_text(uint64_t revision, uint64_t tag) {
  return revision == 0 && tag == 0 ? "no item"
                                   : "#" + number(tag) + " of revision " + number(revision);
}

std::string check_text(const Operation::Check &check) {
  if (check.kind == NAVI_CHECK_ABSENT) return "ABSENT " + key_name(check.key);
  if (check.kind == NAVI_CHECK_PRESENT) return "PRESENT " + key_name(check.key);
  return "REV_EQ " + key_name(check.key) + "=" + number(check.revision);
}

bool holds(const Operation::Check &check, uint64_t current) {
  if (check.kind == NAVI_CHECK_ABSENT) return current == 0;
  if (check.kind == NAVI_CHECK_PRESENT) return current != 0;
  return current == check.revision;
}

class Replay {
 public:
  Replay(std::vector<Operation> history, uint32_t keys)
      : history_(std::move(history)), versions_(keys, {Version{0, 0, 0}}) {}

  Violation run() {
    if (Violation violation = settle()) return violation;
    if (Violation violation = replay_commits()) return violation;
    for (const Operation &operation : history_) {
      Violation violation = against_state(operation);
      if (violation) return violation;
    }
    return real_time();
  }

 private:
  Violation settle();
  Violation replay_commits();
  Violation commit(const Operation &operation);
  Violation against_state(const Operation &operation) const;
  Violation read(const Operation &operation) const;
  Violation conflict(const Operation &operation) const;
  Violation judged(const Operation &operation) const;
  Violation real_time() const;

  // The state of a key after the commit with this revision.
  const Version &at(uint32_t key, uint64_t revision) const {
    const auto &versions = versions_[key];
    const auto after = std::upper_bound(versions.begin(), versions.end(), revision,
                                        [](uint64_t r, const Version &v) { return r < v.from; });
    return *(after - 1);
  }

  std::vector<Operation> history_;
  std::vector<std::vector<Version>> versions_;  // by key, ascending
};

// Finds out which operations of unknown outcome took place: those whose tag somebody saw.
Violation Replay::settle() {
  std::unordered_map<uint64_t, Operation *> unknown;
  for (Operation &operation : history_) {
    if (operation.kind != Kind::kUnknown) continue;
    for (const Operation::Write &write : operation.writes) {
      if (write.tag != 0) unknown.emplace(write.tag, &operation);
    }
  }
  if (unknown.empty()) return std::nullopt;
  std::unordered_map<const Operation *, uint64_t> settled;
  for (const Operation &operation : history_) {
    for (const Operation::Seen &seen : operation.seen) {
      const auto writer = unknown.find(seen.tag);
      if (seen.tag == 0 || writer == unknown.end()) continue;
      const uint64_t revision = settled.emplace(writer->second, seen.revision).first->second;
      if (revision == seen.revision) continue;
      return "seen at revision " + number(revision) + " and at " + number(seen.revision) + ": " +
             describe(*writer->second);
    }
  }
  for (const auto &[tag, operation] : unknown) {
    const auto found = settled.find(operation);
    if (found == settled.end() || operation->kind == Kind::kCommit) continue;
    operation->kind = Kind::kCommit;
    operation->revision = found->second;
    operation->returned = UINT64_MAX;  // it may have taken effect long after the call
  }
  return std::nullopt;
}

Violation Replay::replay_commits() {
  std::vector<const Operation *> commits;
  for (const Operation &operation : history_) {
    if (operation.kind == Kind::kCommit) commits.push_back(&operation);
  }
  std::sort(commits.begin(), commits.end(),
            [](const Operation *a, const Operation *b) { return a->revision < b->revision; });
  const Operation *before = nullptr;
  for (const Operation *operation : commits) {
    if (operation->revision == 0) return "a commit without a revision: " + describe(*operation);
    if (before != nullptr && before->revision == operation->revision) {
      return "two commits share a revision: " + describe(*before) + " | " + describe(*operation);
    }
    if (Violation violation = commit(*operation)) return violation;
    before = operation;
  }
  return std::nullopt;
}

Violation Replay::commit(const Operation &operation) {
  for (const Operation::Check &check : operation.checks) {
    const Version &now = versions_[check.key].back();
    if (holds(check, now.item)) continue;
    return "committed although " + check_text(check) + " does not hold, there is " +
           item_text(now.item, now.tag) + " (lost update): " + describe(operation);
  }
  const bool outcome_known = operation.returned != UINT64_MAX;
  for (const Operation::Write &write : operation.writes) {
    const Version &now = versions_[write.key].back();
    if (outcome_known && write.found != (now.item != 0)) {
      return "found of " + key_name(write.key) + " is wrong, there is " +
             item_text(now.item, now.tag) + ": " + describe(operation);
    }
  }
  for (const Operation::Write &write : operation.writes) {
    const bool put = write.tag != 0;
    versions_[write.key].push_back({operation.revision, put ? operation.revision : 0, write.tag});
  }
  return std::nullopt;
}

Violation Replay::against_state(const Operation &operation) const {
  switch (operation.kind) {
    case Kind::kRead: return read(operation);
    case Kind::kConflict: return conflict(operation);
    case Kind::kJudged: return judged(operation);
    case Kind::kCommit:
    case Kind::kUnknown: break;
  }
  return std::nullopt;
}

Violation Replay::read(const Operation &operation) const {
  for (const Operation::Seen &seen : operation.seen) {
    const Version &expected = at(seen.key, operation.revision);
    if (expected.item == seen.revision && expected.tag == seen.tag) continue;
    return "a read at revision " + number(operation.revision) + " saw in " + key_name(seen.key) +
           " " + item_text(seen.revision, seen.tag) + ", expected " +
           item_text(expected.item, expected.tag) +
           " (stale, dirty or torn): " + describe(operation);
  }
  return std::nullopt;
}

Violation Replay::conflict(const Operation &operation) const {
  if (operation.failed_check >= operation.checks.size()) {
    return "a conflict names a check that is not there: " + describe(operation);
  }
  for (uint32_t i = 0; i <= operation.failed_check; ++i) {
    const Operation::Check &check = operation.checks[i];
    const Version &expected = at(check.key, operation.revision);
    const bool should_hold = i < operation.failed_check;
    if (holds(check, expected.item) != should_hold) {
      return std::string(should_hold ? "a conflict names a later check than the first that fails"
                                     : "a conflict without reason") +
             ", " + check_text(check) + " with " + item_text(expected.item, expected.tag) +
             " there: " + describe(operation);
    }
    if (!should_hold && operation.current != expected.item) {
      return "a conflict tells current revision " + number(operation.current) + ", expected " +
             number(expected.item) + ": " + describe(operation);
    }
  }
  return std::nullopt;
}

Violation Replay::judged(const Operation &operation) const {
  for (const Operation::Check &check : operation.checks) {
    if (holds(check, at(check.key, operation.revision).item)) continue;
    return "OK although " + check_text(check) + " does not hold: " + describe(operation);
  }
  for (const Operation::Write &write : operation.writes) {
    const Version &there = at(write.key, operation.revision);
    if (write.tag == 0 && !write.found && there.item == 0) continue;
    return "changed nothing although " + key_name(write.key) + " holds " +
           item_text(there.item, there.tag) + ": " + describe(operation);
  }
  return std::nullopt;
}

// A commit's revision exceeds, and what is judged or read reaches, that of all that had returned
// before.
Violation Replay::real_time() const {
  std::vector<const Operation *> by_call;
  for (const Operation &operation : history_) {
    if (operation.kind != Kind::kUnknown) by_call.push_back(&operation);
  }
  std::vector<const Operation *> by_return = by_call;
  std::sort(by_call.begin(), by_call.end(),
            [](const Operation *a, const Operation *b) { return a->invoked < b->invoked; });
  std::sort(by_return.begin(), by_return.end(),
            [](const Operation *a, const Operation *b) { return a->returned < b->returned; });
  const Operation *newest = nullptr;
  auto returned = by_return.begin();
  for (const Operation *operation : by_call) {
    for (; returned != by_return.end() && (*returned)->returned < operation->invoked; ++returned) {
      if (newest == nullptr || (*returned)->revision > newest->revision) newest = *returned;
    }
    if (newest == nullptr) continue;
    const uint64_t least = newest->revision + (operation->kind == Kind::kCommit ? 1 : 0);
    if (operation->revision >= least) continue;
    return "went back behind what had returned before it was called: " + describe(*operation) +
           " | after " + describe(*newest);
  }
  return std::nullopt;
}

}  // namespace

std::string describe(const Operation &operation) {
  static constexpr const char *kVerbs[] = {"commits", "is judged", "conflicts", "reads",
                                           "has no answer"};
  std::string text = "thread " + number(operation.thread) + " " +
                     kVerbs[static_cast<int>(operation.kind)] + " at " +
                     number(operation.revision) + ":";
  for (const Operation::Check &check : operation.checks) text += " " + check_text(check);
  for (const Operation::Write &write : operation.writes) {
    text += write.tag == 0 ? " delete " + key_name(write.key)
                           : " put " + key_name(write.key) + " #" + number(write.tag);
  }
  for (const Operation::Seen &seen : operation.seen) {
    text += " " + key_name(seen.key) + "=" + item_text(seen.revision, seen.tag);
  }
  return text;
}

std::optional<std::string> find_violation(std::vector<Operation> history, uint32_t keys) {
  return Replay(std::move(history), keys).run();
}

}  // namespace navistore::conformance
