// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "core/mutex.hpp"
#include "core/replication/channel.hpp"
#include "core/store/transaction.hpp"

namespace navistore::replication {

// What became of transactions of copies that are all on their way to the store at once.
class Outcomes {
 public:
  explicit Outcomes(size_t expected) : left_(expected) {}
  Outcomes(const Outcomes &) = delete;
  Outcomes &operator=(const Outcomes &) = delete;

  void add(const store::CommitResult &result) NAVISTORE_EXCLUDES(mutex_);  // [any thread]
  // Until all are there. What was applied and ignored, or the error of one that failed.
  Result<Receipt> wait() NAVISTORE_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  Condition complete_;
  size_t left_ NAVISTORE_GUARDED_BY(mutex_);
  Receipt receipt_ NAVISTORE_GUARDED_BY(mutex_);
  std::optional<Error> failure_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::replication
