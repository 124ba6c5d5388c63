// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_subscription.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/api/etag.hpp"

namespace navistore::api {
namespace {

std::unique_ptr<store::Watcher> watch(Shared &shared, const store::Interest &interest,
                                      uint64_t since, std::weak_ptr<WaitRoom::Guest> guest) {
  store::WatchOptions options;
  options.interest = interest;
  options.since = since;
  return shared.store.feed().watch(
      std::move(options), [&room = shared.watches, guest = std::move(guest)] { room.wake(guest); });
}

}  // namespace

WatchStart start_of(const WatchQuery &query, const store::Store &store) {
  const uint64_t epoch = store.epoch();  // first, so that a reset in between shows
  const uint64_t newest = store.revision();
  switch (query.since) {
    case WatchQuery::Since::kNow: return {{epoch, newest}, WatchStart::Kind::kResumable};
    case WatchQuery::Since::kBeginning: return {{epoch, 0}, WatchStart::Kind::kResumable};
    case WatchQuery::Since::kCursor: break;
  }
  // Of a shared store another server may know a newer revision already.
  const bool ahead = query.cursor.revision > newest && !store.facts().shared;
  const bool gone = query.cursor.epoch != epoch || ahead;
  return {{epoch, query.cursor.revision},
          gone ? WatchStart::Kind::kGone : WatchStart::Kind::kResumable};
}

Subscription::Subscription(Shared &shared, const store::Interest &interest, Version after,
                           std::weak_ptr<WaitRoom::Guest> guest)
    : shared_(shared),
      epoch_(after.epoch),
      watcher_(watch(shared, interest, after.revision, std::move(guest))) {}

// A reset renews the epoch before anything of the new one can come.
Subscription::Taken Subscription::take(size_t max_notices) {
  Taken taken = watcher_->take(max_notices);
  if (shared_.store.epoch() == epoch_) return taken;
  taken.notices.clear();
  taken.state = store::Watcher::State::kReset;
  taken.rest = Taken::Rest::kNone;
  return taken;
}

void answer_cursor_gone(Call &call) {
  const store::Store &store = call.store();
  uint64_t oldest = call.store().feed().oldest();
  if (store.facts().changes) {
    const auto stats = call.store().stats();
    if (!stats) return call.fail(fault_of(stats.error(), Access::kRead));
    const uint64_t kept = stats.value().oldest_change;
    if (kept != 0) oldest = std::min(oldest, kept - 1);
  }
  std::string cursor;
  append_version(call.version(oldest), cursor);
  const Fault fault{
      Problem::kCursorGone,
      "the changes after this cursor are not kept any more, or it is of another epoch", 0};
  call.fail(fault, [&](json::Writer &members) { members.member("oldest", cursor); });
}

}  // namespace navistore::api
