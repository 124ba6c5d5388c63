// SPDX-License-Identifier: Apache-2.0
#include "scan_page.hpp"

#include "navistore/limits.hpp"

namespace navistore::sqlite {
namespace {

constexpr unsigned kRowsBetweenLooks = 16;  // at the clock, which costs as much as a column

uint64_t size_of(const navi_item &item) { return item.key.len + item.value.len + item.meta.len; }

}  // namespace

bool ScanPage::deliver(Statement &scan) {
  Rows rows(scan);
  for (unsigned row = 0; rows.next(); ++row) {
    if (row % kRowsBetweenLooks == 0 || deadline_.interrupted()) deadline_.check();
    navi_item item;
    Reader::fill(scan, request_.flags, item);
    if (!backend::visible(item.expires_ms, request_.now_ms)) continue;
    if (stopped_ || !fits(item)) return true;
    stopped_ = !sink_(items_, item);
    ++items_;
    bytes_ += size_of(item);
  }
  return false;
}

bool ScanPage::fits(const navi_item &item) const noexcept {
  if (items_ == 0) return true;
  if (request_.max_items != 0 && items_ >= request_.max_items) return false;
  return request_.max_bytes == 0 || bytes_ + size_of(item) <= request_.max_bytes;
}

}  // namespace navistore::sqlite
