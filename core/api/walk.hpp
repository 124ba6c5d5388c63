// SPDX-License-Identifier: Apache-2.0
// Goes over a range of keys page by page, folding what lies below a delimiter.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/api/list_query.hpp"
#include "core/result.hpp"
#include "core/store/store.hpp"

namespace navistore::api {

// Receives a page. begin() may come again: what was taken before it is void then.
class PageSink {
 public:
  virtual ~PageSink() = default;
  virtual void begin() = 0;
  virtual void item(const store::ItemView &item) = 0;
  virtual void prefix(std::string_view prefix) = 0;
  virtual void undo() = 0;           // takes the last item or prefix back; none follows
  virtual size_t bytes() const = 0;  // that the page has now
};

struct Budget {
  uint64_t items = 0;  // and prefixes, together; at least 1
  uint64_t bytes = 0;  // of the sink, at most; only the first item may pass it
};

struct PageEnd {
  uint64_t revision = 0;             // the one state that the page shows
  uint64_t expires_ms = UINT64_MAX;  // when the first of the items looked at expires
  Position next;
  enum class Rest : uint8_t { kComplete, kMore } rest = Rest::kComplete;
};

// One page from a position. With a delimiter it seeks past each prefix that it finds; when changes
// within the prefix came between these steps it starts over, and in the end reads through in one
// step: the page is always one state. Blocks: reader pool only.
Result<PageEnd> walk_page(store::Store &store, const ListQuery &query, const Position &from,
                          const Budget &budget, PageSink &sink);

}  // namespace navistore::api
