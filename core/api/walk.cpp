// SPDX-License-Identifier: Apache-2.0
#include "core/api/walk.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace navistore::api {
namespace {

enum class Fold : uint8_t { kSeek, kReadThrough };

// One page, in as many scans as there are prefixes to seek past.
class Walk {
 public:
  Walk(store::Store &store, const ListQuery &query, const Budget &budget, PageSink &sink)
      : store_(store), query_(query), budget_(budget), sink_(sink) {}

  Result<PageEnd> run(const Position &from, Fold fold) {
    sink_.begin();
    end_ = PageEnd();
    end_.next = from;
    taken_ = 0;
    scans_ = 0;
    folded_.reset();
    do {
      const auto scanned = scan(fold);
      if (!scanned) return scanned.error();
    } while (stop_ == Stop::kPrefix);
    end_.rest = stop_ == Stop::kFull ? PageEnd::Rest::kMore : PageEnd::Rest::kComplete;
    return end_;
  }

  // Whether all scans saw one state of the keys under the query's prefix.
  bool is_one_state() const {
    if (first_revision_ == end_.revision) return true;
    const store::Feed &feed = store_.feed();
    return feed.position() >= end_.revision && feed.newest_under(query_.prefix) <= first_revision_;
  }

 private:
  enum class Stop : uint8_t { kEnd, kFull, kPrefix };

  Outcome scan(Fold fold) {
    stop_ = Stop::kEnd;
    const Stretch stretch = stretch_of(query_, end_.next);
    if (stretch.content == Stretch::Content::kNothing) {
      if (scans_++ == 0) first_revision_ = end_.revision = store_.revision();
      return Done{};
    }
    store::ScanQuery scan;
    scan.start = stretch.start;
    scan.end = stretch.end;
    scan.start_bound = stretch.bound;
    scan.order = query_.order;
    scan.values =
        query_.include == Include::kValues ? store::Values::kWith : store::Values::kWithout;
    if (query_.delimiter.empty()) scan.max_items = budget_.items - taken_ + 1;
    const auto end =
        store_.scan(scan, [&](size_t, const store::ItemView &item) { return take(item, fold); });
    if (!end) return end.error();
    if (scans_++ == 0) first_revision_ = end.value().revision;
    end_.revision = end.value().revision;
    const bool cut = end.value().rest == store::ScanEnd::Rest::kMore;
    if (stop_ == Stop::kEnd && cut) stop_ = Stop::kFull;
    return Done{};
  }

  // True: go on scanning.
  bool take(const store::ItemView &item, Fold fold) {
    if (item.expires_ms != 0) end_.expires_ms = std::min(end_.expires_ms, item.expires_ms);
    const auto prefix = common_prefix(item.key);
    if (prefix && folded_ == *prefix) return true;
    // Rendered, a value is no shorter: what surely does not fit need not be.
    const bool full = taken_ == budget_.items || is_over(prefix ? 0 : item.value.size());
    if (full || !(prefix ? add_prefix(*prefix) : add_item(item))) {
      stop_ = Stop::kFull;
      return false;
    }
    ++taken_;
    if (!prefix) return true;
    if (fold == Fold::kReadThrough) return true;
    stop_ = Stop::kPrefix;
    return false;
  }

  bool is_over(size_t more) const { return taken_ > 0 && sink_.bytes() + more > budget_.bytes; }

  // False: it did not fit, and the page is as it was.
  bool fits() {
    if (!is_over(0)) return true;
    sink_.undo();
    return false;
  }

  bool add_item(const store::ItemView &item) {
    sink_.item(item);
    if (!fits()) return false;
    end_.next.kind = Position::Kind::kKey;
    end_.next.text.assign(item.key);  // keeps its memory: this is done for each item
    return true;
  }

  bool add_prefix(std::string_view prefix) {
    sink_.prefix(prefix);
    if (!fits()) return false;
    folded_ = std::string(prefix);
    end_.next = {Position::Kind::kPrefix, *folded_};
    return true;
  }

  std::optional<std::string_view> common_prefix(std::string_view key) const {
    if (query_.delimiter.empty()) return std::nullopt;
    const size_t at = key.find(query_.delimiter, query_.prefix.size());
    if (at == std::string_view::npos) return std::nullopt;
    return key.substr(0, at + query_.delimiter.size());
  }

  store::Store &store_;
  const ListQuery &query_;
  const Budget budget_;
  PageSink &sink_;
  PageEnd end_;
  Stop stop_ = Stop::kEnd;
  uint64_t taken_ = 0;
  uint64_t scans_ = 0;
  uint64_t first_revision_ = 0;
  std::optional<std::string> folded_;
};

}  // namespace

Result<PageEnd> walk_page(store::Store &store, const ListQuery &query, const Position &from,
                          const Budget &budget, PageSink &sink) {
  constexpr int kTries = 3;
  Walk walk(store, query, budget, sink);
  for (int i = 0; i < kTries; ++i) {
    auto end = walk.run(from, Fold::kSeek);
    if (!end || walk.is_one_state()) return end;
  }
  return walk.run(from, Fold::kReadThrough);
}

}  // namespace navistore::api
