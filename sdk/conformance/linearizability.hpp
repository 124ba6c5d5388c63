// SPDX-License-Identifier: Apache-2.0
// Strict serializability of a recorded history, decided by a sort and a replay instead of a search:
// a store numbers its commits, so the serial order that it claims is known and only has to be
// checked.
//
// What must hold: no two commits share a revision; in revision order every check of a commit holds
// and `found` is right; a conflict names the first check that does not hold at its revision, and
// that key's revision; a read equals the state at its revision; and no operation is placed before
// one that had returned when it was invoked. An operation of unknown outcome counts as committed at
// the revision at which one of its tags was seen, else as not applied. So a history with such
// operations must end with reads that would show the tags: give each transaction a key of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace navistore::conformance {

// Keys are small numbers. A tag is a value that is written once in a history; 0: no item.
struct Operation {
  enum class Kind {
    kCommit,    // OK, items changed
    kJudged,    // OK, nothing changed: the checks held and no op found an item
    kConflict,  // a check failed
    kRead,      // read, or a scan of all keys
    kUnknown,   // MAYBE, or a call that ended so
  };
  struct Check {
    uint32_t key, kind;  // NAVI_CHECK_*
    uint64_t revision;
  };
  struct Write {
    uint32_t key;
    uint64_t tag;  // 0: delete
    bool found;
  };
  struct Seen {
    uint32_t key;
    uint64_t revision, tag;  // both 0: no item
  };

  Kind kind = Kind::kRead;
  uint32_t thread = 0;
  uint64_t invoked = 0, returned = 0;  // ticks of one clock that never repeats
  uint64_t revision = 0;               // committed, judged or read at
  uint32_t failed_check = 0;           // kConflict
  uint64_t current = 0;                // kConflict
  std::vector<Check> checks;
  std::vector<Write> writes;
  std::vector<Seen> seen;
};

// "thread 2 commits at 17: REV_EQ k3=5; put k1 #44, delete k2"
std::string describe(const Operation &operation);

// The first violation found, as a sentence with the operations that show it; nothing: the history
// is strictly serializable. All keys are below `keys`. O(n log n).
std::optional<std::string> find_violation(std::vector<Operation> history, uint32_t keys);

}  // namespace navistore::conformance
