// SPDX-License-Identifier: Apache-2.0
// What a sender sends: in a resync pages of the store, and always changes of the feed.
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/replication/sender.hpp"

namespace navistore::replication {

namespace {

struct PageItem {
  std::string key, value, meta;
  uint64_t revision, expires_ms;
};

// What was written together and is on this page is applied together.
std::vector<ChangedTogether> group_by_revision(std::vector<PageItem> &items) {
  std::stable_sort(items.begin(), items.end(), [](const PageItem &left, const PageItem &right) {
    return left.revision < right.revision;
  });
  std::vector<ChangedTogether> groups;
  uint64_t revision = 0;
  for (const PageItem &item : items) {
    if (groups.empty() || item.revision != revision) groups.emplace_back();
    revision = item.revision;
    groups.back().push_back({item.key, item.value, item.meta, item.expires_ms});
  }
  return groups;
}

}  // namespace

struct Sender::Page {
  std::vector<PageItem> items;  // without those that are left to the feed
  std::string last_key;         // of the page; empty: there was none
  store::ScanEnd::Rest rest = store::ScanEnd::Rest::kComplete;
};

Result<Sender::Page> Sender::read_page(const Scan &scan) {
  Page page;
  if (scan.through == 0) return page;
  store::ScanQuery query;
  query.start = scan.after;
  query.start_bound = store::Bound::kExclusive;
  query.values = store::Values::kWith;
  query.tombstones = store::Tombstones::kShown;
  query.max_items = kMaxChanges;
  query.max_bytes = kMaxPayload;
  size_t bytes = 0;
  const auto end = store_.scan(query, [&](size_t, const store::ItemView &item) {
    const size_t size = item.key.size() + item.value.size() + item.encoded_meta.size();
    if (!page.items.empty() && bytes + size > kMaxPayload) return false;  // begins the next page
    page.last_key = item.key;
    if (item.revision > scan.through) return true;
    bytes += size;
    page.items.push_back({std::string(item.key), std::string(item.value),
                          std::string(item.encoded_meta), item.revision, item.expires_ms});
    return true;
  });
  if (!end) return end.error();
  page.rest = end.value().rest;
  return page;
}

ChangeBatch Sender::empty_batch() const {
  ChangeBatch batch;
  batch.node = store_.node();
  batch.epoch = store_.epoch();
  return batch;
}

// The further back the feed reaches, the less is to be scanned: nothing where all is in it.
Outcome Sender::begin_scan() {
  watcher_.reset();
  auto scan = std::make_unique<Scan>();
  scan->epoch = store_.epoch();
  const auto stats = store_.stats();
  if (!stats) return stats.error();
  const uint64_t oldest = stats.value().oldest_change;
  scan->through = oldest != 0 ? oldest - 1 : stats.value().revision;
  resynced_at_ = stats.value().revision;
  withheld_.begin_again(resynced_at_, store_.now_ms());
  {
    const Lock lock(mutex_);
    cursor_.epoch = 0;
    cursor_.peer_epoch = 0;
    holds_after_ = scan->through;
    status_.state = PeerState::kResyncing;
  }
  scan_ = std::move(scan);
  advanced_();  // the history is held now
  return Done{};
}

// Between two pages items may move on to the feed: they come by it, later and whole.
Outcome Sender::send_page() {
  if (!scan_ || scan_->epoch != store_.epoch()) {
    if (Outcome begun = begin_scan(); !begun) return begun;
  }
  set_state(PeerState::kResyncing);
  auto page = read_page(*scan_);
  if (!page) return std::move(page).error();
  ChangeBatch batch = empty_batch();
  batch.epoch = scan_->epoch;
  batch.transactions = group_by_revision(page.value().items);
  if (Outcome delivered = deliver(batch); !delivered) return delivered;
  if (!page.value().last_key.empty()) scan_->after = std::move(page.value().last_key);
  if (page.value().rest == store::ScanEnd::Rest::kMore) return Done{};
  return finish_scan();
}

Outcome Sender::finish_scan() {
  const std::unique_ptr<Scan> done = std::move(scan_);
  {
    const Lock lock(mutex_);
    if (resync_ordered_) return Done{};  // all over again
    cursor_.epoch = done->epoch;
    holds_after_ = UINT64_MAX;
  }
  advance(done->through);
  keep_cursor();
  return Done{};
}

// What was put before replication was on and is no longer there: no tombstone may tell of its end.
// What is there now and ends later leaves one.
Result<Sender::Deleted> Sender::deleted_unseen(const std::vector<store::Notice> &notices) const {
  const uint64_t since = store_.replicating_since();
  Deleted keys;
  for (const store::Notice &notice : notices) {
    if (notice.event->revision <= since) keys.insert(notice.event->key);
  }
  if (keys.empty()) return keys;
  const std::vector<std::string_view> asked(keys.begin(), keys.end());
  const auto read = store_.read(asked.data(), asked.size(), store::Values::kWithout,
                                [&](size_t index, const store::ItemView &) {
                                  keys.erase(asked[index]);
                                  return true;
                                });
  if (!read) return read.error();
  return keys;
}

ChangeBatch Sender::batch_of(const std::vector<store::Notice> &notices, const Deleted &gone) const {
  using Kind = store::Event::Kind;
  const uint64_t since = store_.replicating_since();
  ChangeBatch batch = empty_batch();
  ChangedTogether together;
  for (const store::Notice &notice : notices) {
    const store::Event &event = *notice.event;
    // Deletes travel as tombstones only: one without a stamp is from before replication.
    const bool deleted = event.kind == Kind::kDelete || event.kind == Kind::kBury;
    const bool put =
        event.kind == Kind::kPut && (event.revision > since || gone.count(event.key) == 0);
    const bool travels = put || (deleted && store::MetaView(event.meta).tombstone());
    if (travels) together.push_back({event.key, event.value, event.meta, event.expires_ms});
    if (notice.place != store::Event::Place::kLast || together.empty()) continue;
    batch.transactions.push_back(std::exchange(together, {}));
  }
  return batch;
}

Outcome Sender::deliver_changes(const std::vector<store::Notice> &notices, uint64_t after,
                                uint64_t through) {
  const auto deleted = deleted_unseen(notices);
  if (!deleted) return deleted.error();
  ChangeBatch batch = batch_of(notices, deleted.value());
  batch.after = after;
  batch.through = std::max(after, through);
  return batch.transactions.empty() ? Outcome(Done{}) : deliver(batch);
}

Outcome Sender::send_changes(uint64_t from) {
  if (!watcher_) {
    store::WatchOptions watch;
    watch.interest = {store::Interest::Kind::kPrefix, {}, store::Interest::Burials::kShown};
    watch.since = from;
    watch.max_queued = 4 * kMaxChanges;
    watch.max_queued_bytes = kMaxBytes;
    watcher_ = store_.feed().watch(std::move(watch), [this] { wakeup_.wake(); });
  }
  auto taken = watcher_->take(kMaxChanges, kMaxPayload);
  if (!taken.notices.empty()) {
    Outcome delivered = deliver_changes(taken.notices, from, taken.cursor);
    if (!delivered) {
      watcher_.reset();  // the next one begins at the cursor again
      return delivered;
    }
  }
  if (taken.cursor > from) advance(taken.cursor);
  if (taken.state != store::Watcher::State::kOpen) return end_watch(taken.state);
  if (!taken.notices.empty()) return Done{};
  return send_idle(taken);
}

Outcome Sender::end_watch(store::Watcher::State state) {
  using State = store::Watcher::State;
  watcher_.reset();
  switch (state) {
    case State::kOpen:
    case State::kOverflow: return Done{};
    case State::kCursorGone:
    case State::kReset: {
      const Lock lock(mutex_);
      cursor_.epoch = 0;
      return Done{};
    }
    case State::kClosed: break;
  }
  return Error{Code::kUnavailable, "the feed is closed"};
}

// Nothing to send: tells the peer so from time to time, and learns whether it still has its data.
// Not while changes are still being looked up: what the peer says to a call without any is no
// progress.
Outcome Sender::send_idle(const store::Watcher::Taken &taken) {
  const bool found = taken.start == store::Watcher::Taken::Start::kFound;
  const uint64_t from = taken.cursor;
  if (!found || from < store_.feed().position()) {
    wakeup_.wait(Clock::now() + options_.heartbeat);
    return Done{};
  }
  if (Clock::now() - heard_ >= options_.heartbeat) {
    ChangeBatch nothing = empty_batch();
    nothing.after = nothing.through = from;
    if (Outcome delivered = deliver(nothing); !delivered) return delivered;
    advance(from);
  }
  wakeup_.wait(heard_ + options_.heartbeat);
  return Done{};
}

}  // namespace navistore::replication
