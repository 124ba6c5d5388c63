// SPDX-License-Identifier: Apache-2.0
#include "core/api/count.hpp"

namespace navistore::api {

Result<Count> count_items(store::Store &store, const ListQuery &query) {
  constexpr uint64_t kPage = 10'000;
  const Stretch all = stretch_of(query, query.from);
  const bool from_start = query.from.kind == Position::Kind::kStart;
  if (from_start && all.start.empty() && all.end.empty()) {
    const auto stats = store.stats();
    if (!stats) return stats.error();
    // Tombstones expire as well.
    if (stats.value().next_expiry_ms == 0)
      return Count{stats.value().items, stats.value().revision};
  }
  Count count;
  Position from = query.from;
  for (;;) {
    const Stretch stretch = stretch_of(query, from);
    count.revision = store.revision();
    if (stretch.content == Stretch::Content::kNothing) return count;
    store::ScanQuery scan;
    scan.start = stretch.start;
    scan.end = stretch.end;
    scan.start_bound = stretch.bound;
    scan.max_items = kPage;
    const auto end = store.scan(scan, [&](size_t, const store::ItemView &item) {
      ++count.items;
      from.text = item.key;
      return true;
    });
    if (!end) return end.error();
    from.kind = Position::Kind::kKey;
    count.revision = end.value().revision;
    if (end.value().rest == store::ScanEnd::Rest::kComplete) return count;
  }
}

}  // namespace navistore::api
