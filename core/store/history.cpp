// SPDX-License-Identifier: Apache-2.0
#include "core/store/history.hpp"

#include <algorithm>
#include <utility>

#include "core/store/backend_store.hpp"
#include "core/store/item.hpp"

namespace navistore::store {
namespace {

// Where only a key's newest change is kept, a burial is in the place of the end that was seen.
enum class History : uint8_t { kFull, kNewest };

Event::Kind kind_of(const navi_change &change, History history) {
  if (change.kind == NAVI_CHANGE_CLEAR) return Event::Kind::kClear;
  if (change.kind == NAVI_CHANGE_DELETE) {
    return (change.flags & NAVI_CHANGE_EXPIRED) != 0 ? Event::Kind::kExpire : Event::Kind::kDelete;
  }
  const MetaView meta(view(change.item.meta));
  if (!meta.tombstone()) return Event::Kind::kPut;
  return meta.silent() && history == History::kFull ? Event::Kind::kBury : Event::Kind::kDelete;
}

Event event_of(const navi_change &change, History history) {
  Event event;
  event.kind = kind_of(change, history);
  event.key = view(change.item.key);
  event.value = view(change.item.value);
  event.meta = view(change.item.meta);
  event.revision = change.item.revision;
  event.expires_ms = change.item.expires_ms;
  event.place = Event::Place::kInside;
  return event;
}

// The end of a tombstone: whoever watches saw the delete.
bool hidden(const navi_change &change) {
  return change.kind == NAVI_CHANGE_DELETE && (change.flags & NAVI_CHANGE_EXPIRED) != 0 &&
         MetaView(view(change.item.meta)).tombstone();
}

// Gathers changes into commits. A store that keeps only the newest change of each key may have lost
// a transaction's last one, so a new revision ends the one before, too.
class Gatherer {
 public:
  Gatherer(HistoryPage &page, History history) : page_(page), history_(history) {}

  void add(const navi_change &change) {
    if (between_ || revision_ != change.item.revision) finish();
    between_ = false;
    revision_ = change.item.revision;
    if (!hidden(change)) events_.push_back(event_of(change, history_));
    ++count_;
    bytes_ += change.item.key.len + change.item.value.len + change.item.meta.len;
    if ((change.flags & NAVI_CHANGE_LAST) != 0) finish();
  }
  void finish() {
    between_ = true;
    page_.through = std::max(page_.through, revision_);
    if (events_.empty()) return;
    events_.back().place = Event::Place::kLast;
    page_.through = events_.back().revision;
    page_.commits.push_back(std::make_shared<Commit>(Commit{page_.through, std::move(events_)}));
    events_.clear();
  }
  bool reached(const HistoryLimits &limits) const {
    return count_ >= limits.events || bytes_ >= limits.bytes;
  }
  bool between() const { return between_; }

 private:
  HistoryPage &page_;
  const History history_;
  std::vector<Event> events_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  uint64_t revision_ = 0;
  bool between_ = true;  // transactions
};

}  // namespace

Result<HistoryPage> read_history(BackendStore &store, uint64_t after, HistoryLimits limits) {
  HistoryPage page;
  page.through = after;
  Gatherer gatherer(page, store.has(NAVI_CAP_FULL_HISTORY) ? History::kFull : History::kNewest);
  bool stopped = false;
  navi_tail request{};
  request.now_ms = wall_clock_ms();
  request.after = after;
  navi_reply reply;
  const CallStatus status = store.changes(
      request,
      [&](const navi_change &change) {
        gatherer.add(change);
        stopped = gatherer.between() && gatherer.reached(limits);
        return !stopped;
      },
      reply);
  if (!status.ok()) return error_from(status, Call::kRead).in("read changes");
  gatherer.finish();
  const bool more = stopped || (reply.flags & NAVI_MORE) != 0;
  page.rest = more ? HistoryPage::Rest::kMore : HistoryPage::Rest::kNone;
  if (!more && reply.revision > page.through) page.through = reply.revision;
  return page;
}

}  // namespace navistore::store
