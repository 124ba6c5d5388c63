// SPDX-License-Identifier: Apache-2.0
#include "change_feed.hpp"

namespace navistore::sqlite {
namespace {

uint64_t size_of(const navi_item &item) { return item.key.len + item.value.len + item.meta.len; }

}  // namespace

ChangeFeed::ChangeFeed(Reader &reader, const navi_tail &request, const backend::ChangeSink &sink,
                       const Deadline &deadline)
    : log_(reader.open_log(request.after)),
      find_(reader.find_statement(request.flags)),
      request_(request),
      sink_(sink),
      deadline_(deadline) {}

bool ChangeFeed::deliver() {
  Rows rows(log_);
  while (rows.next()) {
    deadline_.check();
    const uint64_t revision = log_.number(0);
    const navi_bytes packed = log_.bytes(1);
    const Extent extent = measure(packed, revision);
    if (extent.changes == 0) continue;
    if (!fits(extent) || !send(packed, revision, extent.changes)) return true;
    delivered_ += extent.changes;
    bytes_ += extent.bytes;
  }
  return false;
}

ChangeFeed::Extent ChangeFeed::measure(const navi_bytes &packed, uint64_t revision) {
  Extent extent;
  ChangeUnpacker unpacker(packed);
  LoggedChange logged;
  while (unpacker.next(logged)) {
    navi_change change = {};
    Rows found(find_);
    if (!resolve(logged, revision, change)) continue;
    ++extent.changes;
    extent.bytes += size_of(change.item);
  }
  return extent;
}

bool ChangeFeed::fits(const Extent &extent) const noexcept {
  if (delivered_ == 0) return true;
  const bool too_many = request_.max_items != 0 && delivered_ + extent.changes > request_.max_items;
  const bool too_much = request_.max_bytes != 0 && bytes_ + extent.bytes > request_.max_bytes;
  return !too_many && !too_much;
}

// False: the sink wants no more.
bool ChangeFeed::send(const navi_bytes &packed, uint64_t revision, uint64_t changes) {
  ChangeUnpacker unpacker(packed);
  LoggedChange logged;
  while (unpacker.next(logged)) {
    navi_change change = {};
    Rows found(find_);
    if (!resolve(logged, revision, change)) continue;
    if (--changes == 0) change.flags |= NAVI_CHANGE_LAST;
    if (!sink_(change)) return false;
  }
  return true;
}

// False: a later change has superseded this one. The change borrows from find_'s row.
bool ChangeFeed::resolve(const LoggedChange &logged, uint64_t revision, navi_change &change) {
  change.kind = logged.kind;
  change.flags = logged.flags;
  change.item.key = logged.key;
  change.item.meta = logged.meta;
  change.item.revision = revision;
  if (logged.kind == NAVI_CHANGE_CLEAR) return true;
  find_.bind(1, logged.key);
  const bool there = find_.step();
  if (logged.kind == NAVI_CHANGE_DELETE) return !there;
  if (!there || Reader::revision_of(find_) != revision) return false;
  Reader::fill(find_, request_.flags, change.item);
  return true;
}

}  // namespace navistore::sqlite
