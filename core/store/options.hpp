// SPDX-License-Identifier: Apache-2.0
// What a store is told when it opens, and what it tells of itself then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace navistore::store {

enum class Durability : uint8_t { kSync, kRelaxed };

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
// Takes a line that the backend says, or the store of it; UTF-8, borrowed. [any thread] Called
// inside of the backend's calls and on its own threads, so it returns soon, throws nothing and
// calls no store.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

struct StoreOptions {
  std::string config = "{}";  // the backend's own JSON
  std::string data_dir;
  std::string state_dir;
  std::string ns = "default";
  Durability durability = Durability::kSync;  // kSync counts only with a PERSISTENT backend
  uint64_t max_value = 1024 * 1024;
  uint64_t history = 1'000'000;                              // changes kept
  uint64_t trim_every_ms = 60'000;                           // how often older ones are let go
  uint64_t tombstone_ms = 7 * 24 * 3'600 * uint64_t{1'000};  // how long a delete is remembered
  size_t max_queued_bytes = 128 * 1024 * 1024;               // of writes; past it kBusy
  unsigned reader_threads = 2;
  uint64_t poll_every_ms =
      250;      // a SHARED backend that rings no bell, for changes of other servers
  LogSink log;  // empty: lines are dropped
};

// What a backend offers and the limits that hold (the smaller of option and capability).
struct Facts {
  bool persistent, shared, fast_reads, fast_writes, full_history, changes, watch, upkeep;
  uint64_t max_key, max_value, max_transaction_operations, max_transaction_bytes;
  Durability durability;
};

}  // namespace navistore::store
