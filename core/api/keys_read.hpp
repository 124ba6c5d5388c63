// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/item_json.hpp"
#include "core/api/problem.hpp"
#include "core/store/store.hpp"

namespace navistore::api {

struct KeysRead {
  uint64_t revision = 0;  // the one state that all items are from
  std::optional<Fault> fault;
  enum class Extent : uint8_t { kAll, kTooMuch } extent = Extent::kAll;
};
enum class ReadPlace : uint8_t { kEventLoop, kReaderPool };

// Reads keys and appends a JSON array of their items, in order, null where one is missing. Over
// kMaxDocumentBytes it is a fault. On an event loop only if store.reads_inline(keys.size()); there
// kTooMuch says that the values are more than it may read: nothing was appended. Else it blocks.
KeysRead read_keys(store::Store &store, const std::vector<std::string> &keys,
                   const ItemStyle &style, ReadPlace place, std::string &array);

}  // namespace navistore::api
