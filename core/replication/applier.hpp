// SPDX-License-Identifier: Apache-2.0
// The receiving side: applies what other servers push.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/mutex.hpp"
#include "core/replication/change_batch.hpp"
#include "core/replication/channel.hpp"
#include "core/store/store.hpp"

namespace navistore::replication {

inline constexpr uint64_t kMaxSkewMs = 5 * 60 * 1'000;

class Applier {
 public:
  explicit Applier(store::Store &store) : store_(store) {}

  // Applies an encoded batch; its transactions stay whole, older changes are ignored. Turns
  // replication on. Blocks: reader pool only. kInvalid: no batch, or one of this very server.
  // kRefused: a stamp is further ahead of this server's clock than kMaxSkewMs; nothing was applied.
  // Others as for a write: some of it may have been applied, and the whole can be sent again.
  Result<Receipt> apply(std::string_view encoded) NAVISTORE_EXCLUDES(mutex_);
  // The same for a batch as decode() makes it.
  Result<Receipt> apply(const ChangeBatch &batch) NAVISTORE_EXCLUDES(mutex_);

  // [any thread] Up to which revision of a source's epoch this store has everything, as far as its
  // source told since the start and knows that the store is this one: nothing after a reset until
  // the source began anew.
  std::optional<uint64_t> applied_of(uint64_t epoch) const NAVISTORE_EXCLUDES(mutex_);

  struct Counts {
    uint64_t applied, ignored, refused;  // changes, changes, batches
  };
  Counts counts() const { return {applied_.load(), ignored_.load(), refused_.load()}; }

 private:
  Outcome check(const ChangeBatch &batch) const;
  // What a batch tells of its source that was applied while the store had that epoch.
  void note(const ChangeBatch &batch, uint64_t epoch) NAVISTORE_EXCLUDES(mutex_);

  store::Store &store_;
  std::atomic<uint64_t> applied_{0};
  std::atomic<uint64_t> ignored_{0};
  std::atomic<uint64_t> refused_{0};
  mutable Mutex mutex_;
  uint64_t noted_in_ NAVISTORE_GUARDED_BY(mutex_) = 0;  // the store's epoch that sources_ is of
  std::map<uint64_t, uint64_t> sources_ NAVISTORE_GUARDED_BY(mutex_);  // epoch: revision
};

}  // namespace navistore::replication
