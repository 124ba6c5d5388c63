// SPDX-License-Identifier: Apache-2.0
// What a sender sends: pages of the store in a resync, and then changes of the feed.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/replication/sender.hpp"

namespace navistore::replication {

// A page of items, and what a batch borrows from it.
struct Sender::Page {
  struct Item {
    std::string key, value, meta;
    uint64_t expires_ms;
  };
  std::vector<Item> items;
  uint64_t revision = 0;
  store::ScanEnd::Rest rest = store::ScanEnd::Rest::kComplete;
};

Result<Sender::Page> Sender::read_page(Scan &scan) {
  Page page;
  store::ScanQuery query;
  query.start = scan.after;
  query.start_bound = store::Bound::kExclusive;
  query.values = store::Values::kWith;
  query.tombstones = store::Tombstones::kShown;
  query.max_items = kMaxChanges;
  query.max_bytes = kMaxBytes;
  const auto end = store_.scan(query, [&](size_t, const store::ItemView &item) {
    page.items.push_back({std::string(item.key), std::string(item.value),
                          std::string(item.encoded_meta), item.expires_ms});
    return true;
  });
  if (!end) return end.error();
  page.revision = end.value().revision;
  page.rest = end.value().rest;
  return page;
}

// The feed follows from the first page's revision on: what was changed while the later pages were
// read comes twice, which stamps make harmless.
Outcome Sender::send_page() {
  if (!scan_ || scan_->epoch != store_.epoch()) {
    watcher_.reset();
    scan_ = std::make_unique<Scan>();
    scan_->epoch = store_.epoch();
    const Lock lock(mutex_);
    cursor_.epoch = 0;
    cursor_.peer_epoch = 0;
  }
  set_state(PeerState::kResyncing);
  auto page = read_page(*scan_);
  if (!page) return std::move(page).error();
  ChangeBatch batch;
  batch.node = store_.node();
  batch.epoch = scan_->epoch;
  for (const Page::Item &item : page.value().items) {
    batch.transactions.push_back({{item.key, item.value, item.meta, item.expires_ms}});
  }
  if (Outcome delivered = deliver(batch); !delivered) return delivered;
  if (scan_->left == Scan::Left::kAll) scan_->first_revision = page.value().revision;
  scan_->left = Scan::Left::kSome;
  if (!page.value().items.empty()) scan_->after = page.value().items.back().key;
  if (page.value().rest == store::ScanEnd::Rest::kMore) return Done{};
  return finish_scan();
}

Outcome Sender::finish_scan() {
  const Scan done = *std::exchange(scan_, nullptr);
  {
    const Lock lock(mutex_);
    if (resync_ordered_) return Done{};  // all over again
    cursor_.epoch = done.epoch;
  }
  advance(done.first_revision);
  keep_cursor();
  return Done{};
}

ChangeBatch Sender::batch_of(const std::vector<store::Notice> &notices) const {
  using Kind = store::Event::Kind;
  ChangeBatch batch;
  batch.node = store_.node();
  batch.epoch = store_.epoch();
  ChangedTogether together;
  for (const store::Notice &notice : notices) {
    const store::Event &event = *notice.event;
    // Deletes travel as tombstones only: one without a stamp is from before replication.
    const bool travels = event.kind == Kind::kPut ||
                         (event.kind == Kind::kDelete && store::MetaView(event.meta).tombstone());
    if (travels) together.push_back({event.key, event.value, event.meta, event.expires_ms});
    if (notice.place != store::Event::Place::kLast || together.empty()) continue;
    batch.transactions.push_back(std::exchange(together, {}));
  }
  return batch;
}

Outcome Sender::send_changes(uint64_t from) {
  if (!watcher_) {
    store::WatchOptions watch{{store::Interest::Kind::kPrefix, {}}, from};
    watch.max_queued = 4 * kMaxChanges;
    watch.max_queued_bytes = kMaxBytes;
    watcher_ = store_.feed().watch(std::move(watch), [this] { wake(); });
  }
  auto taken = watcher_->take(kMaxChanges);
  if (!taken.notices.empty()) {
    ChangeBatch batch = batch_of(taken.notices);
    batch.after = from;
    batch.through = std::max(from, taken.cursor);
    Outcome delivered = batch.transactions.empty() ? Outcome(Done{}) : deliver(batch);
    if (!delivered) {
      watcher_.reset();  // the next one begins at the cursor again
      return delivered;
    }
  }
  if (taken.cursor > from) advance(taken.cursor);
  if (taken.state != store::Watcher::State::kOpen) return end_watch(taken.state);
  if (!taken.notices.empty()) return Done{};
  return send_idle(std::max(from, taken.cursor));
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
Outcome Sender::send_idle(uint64_t from) {
  if (Clock::now() - heard_ >= options_.heartbeat) {
    ChangeBatch nothing;
    nothing.node = store_.node();
    nothing.epoch = store_.epoch();
    nothing.after = nothing.through = from;
    if (Outcome delivered = deliver(nothing); !delivered) return delivered;
    advance(from);
  }
  wait(heard_ + options_.heartbeat);
  return Done{};
}

}  // namespace navistore::replication
