// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "core/replication/wakeup.hpp"
#include "core/store/store.hpp"

namespace navistore::replication {

// Puts a tombstone, with the item's own stamp, where an item has expired, so that the delete can
// travel. Follows the feed with a cursor that is kept, so none is missed over a crash.
// The feed of a store whose backend does not purge has no expiries: there the store does it.
class Burial {
 public:
  // advanced is called on its thread when wants_after() has changed; it only hands over.
  Burial(
      store::Store &store, uint64_t tombstone_ms, std::function<void()> advanced = [] {});
  ~Burial();  // keeps the cursor
  Burial(const Burial &) = delete;
  Burial &operator=(const Burial &) = delete;

  // [any thread] What must not be trimmed from the feed.
  uint64_t wants_after() const { return wants_after_.load(); }

 private:
  using Clock = Wakeup::Clock;
  void run();
  Outcome turn();
  Outcome load();
  Outcome bury(const store::Watcher::Taken &taken);
  Outcome begin_at_oldest();  // the changes after the cursor are no longer kept
  void keep(uint64_t cursor);
  void want_after(uint64_t cursor);

  store::Store &store_;
  const uint64_t tombstone_ms_;
  const std::function<void()> advanced_;
  std::atomic<uint64_t> wants_after_{0};  // all there is, until the cursor was read
  Wakeup wakeup_;
  enum class Loaded : uint8_t { kNo, kYes } loaded_ = Loaded::kNo;  // the thread's own, as these
  uint64_t epoch_ = 0;
  uint64_t cursor_ = 0;
  std::optional<uint64_t> kept_cursor_;  // as it was kept in this epoch
  Clock::time_point kept_{};

  std::unique_ptr<store::Watcher> watcher_;  // its callback uses what is above
  std::thread thread_;
};

}  // namespace navistore::replication
