// SPDX-License-Identifier: Apache-2.0
// What is written past the feed, and how the feed learns of it.
#include <algorithm>
#include <utility>

#include "core/store/backend_store.hpp"
#include "core/store/history.hpp"
#include "core/store/writer.hpp"

namespace navistore::store {
namespace {

Error not_there() { return {Code::kUnavailable, "the backend is being opened again"}; }

}  // namespace

Outcome Writer::catch_up_feed(BackendStore &store) {
  if (context_.facts.shared) {  // the feed reads the backend's changes by itself
    missed_ = false;
    return Done{};
  }
  if (!context_.facts.changes) return restart_feed(store);
  for (uint64_t seen = 0;;) {
    auto page = read_history(store, std::max(seen, context_.feed->newest()), kHistoryAtOnce);
    const bool gone = !page && (page.error().code == Code::kCompacted ||
                                page.error().code == Code::kCorrupt);  // damaged: for good
    if (gone) return restart_feed(store);
    if (!page) return std::move(page).error();
    seen = page.value().through;  // a page may hold nothing that is shown
    context_.identity.answering(page.value().through);
    context_.saw(page.value().through);
    for (CommitPtr &commit : page.value().commits) context_.feed->append(std::move(commit));
    if (page.value().rest != HistoryPage::Rest::kNone) continue;
    context_.feed->skip_to(page.value().through);
    break;
  }
  missed_ = false;
  return Done{};
}

Outcome Writer::restart_feed(BackendStore &store) {
  navi_stats stats;
  const CallStatus status = store.stats(stats);
  if (!status.ok()) return error_from(status, Call::kRead).in("find what was committed");
  if (stats.revision != context_.feed->newest()) {
    context_.feed->restart(stats.revision, Break::kLost);
  }
  missed_ = false;
  return Done{};
}

Outcome Writer::reconcile(BackendStore &store) {
  const Lock lock(commit_mutex_);
  missed_ = true;
  return catch_up_feed(store);
}

Result<Writer::Purged> Writer::purge_page(uint64_t now_ms, uint64_t max_items) {
  const Lock lock(commit_mutex_);
  auto store = context_.published.use();
  if (!store) return not_there();
  if (Outcome ready = prepare(*store, 1, now_ms); !ready) return std::move(ready).error();
  navi_reply reply;
  const CallStatus status = store->purge(now_ms, max_items, reply);
  missed_ = true;
  if (!status.ok()) return error_from(status, Call::kWrite).in("purge expired items");
  if (Outcome caught_up = catch_up_feed(*store); !caught_up) return std::move(caught_up).error();
  return (reply.flags & NAVI_MORE) != 0 ? Purged::kSome : Purged::kAll;
}

Result<uint64_t> Writer::clear() {
  const Lock lock(commit_mutex_);
  auto store = context_.published.use();
  if (!store) return not_there();
  auto epoch = context_.identity.make_epoch();
  if (!epoch) return std::move(epoch).error().in("reset");
  const uint64_t before = context_.revision.load();
  Outcome kept = context_.identity.keep_beginning(before);  // should this server not get further
  if (!kept) return std::move(kept).error().in("reset");
  navi_apply request{};
  if (context_.facts.persistent) request.flags = NAVI_F_DURABLE;
  request.now_ms = wall_clock_ms();
  navi_reply reply;
  const CallStatus status = store->clear(request, reply);
  missed_ = missed_ || !status.ok();
  const uint64_t beginning = std::max(before, reply.revision);
  kept = context_.identity.keep_beginning(beginning);  // first, for who takes the epoch over
  auto second = context_.identity.make_epoch();
  context_.identity.answering(reply.revision);
  context_.saw(reply.revision);
  show_epoch(second ? second.value() : epoch.value(), beginning);
  if (!status.ok()) return error_from(status, Call::kWrite).in("reset");
  if (!kept) return std::move(kept).error().in("reset");
  if (!second) return std::move(second).error().in("reset");
  return reply.revision;
}

// Shown together with the end of everything that listens, so nobody goes on under the old one.
void Writer::show_epoch(uint64_t epoch, uint64_t beginning) {
  const Lock turn(context_.feed_turn);
  const uint64_t revision = std::max(beginning, context_.feed->newest());
  context_.feed->begin_after(beginning);
  context_.feed->restart(revision, Break::kReset, [&] { context_.identity.show_epoch(epoch); });
  if (context_.facts.shared) context_.feed->ring_bell();  // for what came after the clear
}

}  // namespace navistore::store
