// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/api/list_query.hpp"

namespace navistore::api {

struct Count {
  uint64_t items = 0;
  uint64_t revision = 0;  // of the last page that was counted
};

// Items in the query's range, in pages; each page is one state. Where nothing can be hidden or
// expired, the backend's own count tells. Blocks: reader pool only.
Result<Count> count_items(store::Store &store, const ListQuery &query);

}  // namespace navistore::api
