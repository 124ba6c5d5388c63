// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/host/backend.hpp"
#include "core/mutex.hpp"
#include "core/store/change_feed.hpp"
#include "core/store/identity.hpp"
#include "core/store/published.hpp"
#include "core/store/store.hpp"

namespace navistore::store {

// What the parts of one store share. Constant once the store is open, but for what says otherwise.
struct Context {
  Context(host::Backend loaded, StoreOptions wanted)
      : backend(std::move(loaded)),
        options(std::move(wanted)),
        identity(options.state_dir, options.ns) {}

  const host::Backend backend;
  const StoreOptions options;
  Facts facts{};
  uint64_t max_batch = 0;            // transactions in one apply(); 0: no limit
  Published published;               // thread-safe
  Identity identity;                 // see there
  std::unique_ptr<ChangeFeed> feed;  // thread-safe
  // Held by who reads changes of a SHARED store into the feed, or resets it: so that it never steps
  // back behind what another server committed.
  Mutex feed_turn;
  std::atomic<uint64_t> revision{0};                // newest that was answered or read
  std::atomic<bool> replicating{false};             // never back to false
  std::atomic<uint64_t> replicating_since{0};       // a revision; written before replicating
  std::atomic<uint64_t> history_floor{UINT64_MAX};  // changes after it are wanted by a peer

  // [any thread]
  void log(LogLevel level, const std::string &line) const {
    if (options.log) options.log(level, line);
  }
  void saw(uint64_t newer) {
    uint64_t known = revision.load(std::memory_order_relaxed);
    while (known < newer && !revision.compare_exchange_weak(known, newer)) {
    }
  }
};

}  // namespace navistore::store
