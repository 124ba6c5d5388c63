// SPDX-License-Identifier: Apache-2.0
#include "core/replication/outcomes.hpp"

#include <algorithm>

namespace navistore::replication {

void Outcomes::add(const store::CommitResult &result) {
  const Lock lock(mutex_);
  if (result.kind == store::CommitResult::Kind::kFailed) failure_ = result.error;
  const auto put = std::count(result.found.begin(), result.found.end(), 1);
  receipt_.applied += static_cast<uint64_t>(put);
  receipt_.ignored += result.found.size() - static_cast<size_t>(put);
  if (--left_ == 0) complete_.notify_all();
}

Result<Receipt> Outcomes::wait() {
  const Lock lock(mutex_);
  while (left_ != 0) complete_.wait(mutex_);
  if (failure_) return *failure_;
  return receipt_;
}

}  // namespace navistore::replication
