// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_scan.hpp"

#include <algorithm>

#include "core/api/list_query.hpp"

namespace navistore::api {
namespace {

constexpr uint64_t kPageItems = 1'000;

// The first key that is not of interest any more; empty: there is none.
std::string end_of(const store::Interest &interest) {
  if (interest.kind == store::Interest::Kind::kPrefix) {
    return after_prefix(interest.text).value_or("");
  }
  return interest.text + '\0';
}

}  // namespace

WatchScan::WatchScan(const store::Interest &interest, Include include)
    : start_(interest.text),
      end_(end_of(interest)),
      values_(include == Include::kValues ? store::Values::kWith : store::Values::kWithout) {}

Outcome WatchScan::read_page(store::Store &store, Visit visit) {
  store::ScanQuery query;
  std::string last = parts_.empty() ? std::string() : parts_.back().through;
  const std::string start = parts_.empty() ? start_ : last;
  query.start = start;
  query.start_bound = parts_.empty() ? store::Bound::kInclusive : store::Bound::kExclusive;
  query.end = end_;
  query.values = values_;
  query.max_items = kPageItems;
  const auto end = store.scan(query, [&](size_t, const store::ItemView &item) {
    last = item.key;
    return visit(item);
  });
  if (!end) return end.error();
  if (parts_.empty()) first_ = end.value().revision;
  complete_ = end.value().rest == store::ScanEnd::Rest::kComplete;
  if (!parts_.empty() && parts_.back().revision == end.value().revision) {
    parts_.back().through = std::move(last);
  } else {
    parts_.push_back({std::move(last), end.value().revision});
  }
  return Done{};
}

bool WatchScan::shows(std::string_view key, uint64_t revision) const {
  const auto part = std::lower_bound(
      parts_.begin(), parts_.end() - 1, key,
      [](const Part &candidate, std::string_view wanted) { return candidate.through < wanted; });
  return revision <= part->revision;
}

}  // namespace navistore::api
