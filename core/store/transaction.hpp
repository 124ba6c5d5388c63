// SPDX-License-Identifier: Apache-2.0
// What a writer asks for and what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/store/item.hpp"

namespace navistore::store {

struct Condition {
  enum class Kind : uint8_t { kAbsent, kPresent, kRevision } kind = Kind::kPresent;
  std::string key;
  uint64_t revision = 0;  // kRevision: the item must be of exactly this revision
};

struct Expiry {
  enum class Kind : uint8_t { kNone, kAt, kKeep } kind = Kind::kNone;
  uint64_t at_ms = 0;
};

struct Operation {
  // kCopy: an item as another server has it, tombstones too; put as it is, but only if it takes the
  // place of what is there (stamp.hpp). Only with replication on, and kAt or kNone as its expiry.
  enum class Kind : uint8_t { kPut, kDelete, kCopy } kind = Kind::kPut;
  std::string key;
  std::string value;
  std::string meta;                                       // kCopy: encoded, or empty
  std::string type;                                       // Content-Type
  std::vector<std::pair<std::string, std::string>> user;  // user metadata
  Expiry expiry;
};

// All conditions are judged against the state before it, then all operations apply under one
// revision, or none. A key occurs at most once in operations.
struct Transaction {
  std::vector<Condition> conditions;
  std::vector<Operation> operations;
};

struct CommitResult {
  enum class Kind : uint8_t { kCommitted, kConflict, kFailed } kind = Kind::kFailed;
  uint64_t revision = 0;          // of the commit, or the one it was judged at
  uint32_t failed_condition = 0;  // kConflict: index of the first false condition,
  uint64_t current = 0;           // and its key's revision, 0 when absent
  std::vector<uint8_t> found;     // kCommitted: for each operation, 1 when its key was live before
                                  // (kCopy: 1 when it was put, 0 when what is there stays)
  Error error{Code::kInternal, {}};  // kFailed: kOutcomeUnknown when it may have been applied
};

}  // namespace navistore::store
