// SPDX-License-Identifier: Apache-2.0
// Bounds of the API itself; /v1/info shows them. A backend may set lower ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/store/store.hpp"

namespace navistore::api {

inline constexpr size_t kMaxConditions = 128;
inline constexpr size_t kMaxOperations = 128;
inline constexpr size_t kMaxBulkItems = 10'000;
inline constexpr size_t kMaxListItems = 10'000;
inline constexpr size_t kDefaultListItems = 1'000;
inline constexpr size_t kMaxPageBytes = 4 * 1024 * 1024;       // of a list's items as JSON
inline constexpr size_t kMaxDocumentBytes = 16 * 1024 * 1024;  // of as=, and of /v1/bulk/get

// Operations of one transaction of a client.
inline uint64_t max_operations(const store::Facts &facts) {
  const uint64_t limit = facts.max_transaction_operations;
  return limit == 0 ? kMaxOperations : std::min<uint64_t>(limit, kMaxOperations);
}

}  // namespace navistore::api
