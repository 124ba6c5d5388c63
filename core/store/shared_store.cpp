// SPDX-License-Identifier: Apache-2.0
// A SHARED store: what other servers commit, and the epoch that one of them made, taken over.
#include <algorithm>
#include <utility>

#include "core/store/store_impl.hpp"

namespace navistore::store {

// Bells ring inside of the backend's calls, so they only hand over.
void StoreImpl::follow_others() {
  if (context_.facts.watch) {
    const auto changed = [](void *feed) noexcept { static_cast<ChangeFeed *>(feed)->ring_bell(); };
    const auto recorded = [](void *store) noexcept {
      static_cast<StoreImpl *>(store)->ask_epoch();
    };
    items_->arm(changed, context_.feed.get());
    if (system_ != nullptr) system_->arm(recorded, this);
  }
  ask_epoch();  // one may have been made before the bell was armed
}

void StoreImpl::stop_following() {
  if (!context_.facts.shared || !context_.facts.watch) return;
  items_->arm(nullptr, nullptr);
  if (system_ != nullptr) system_->arm(nullptr, nullptr);
}

void StoreImpl::ask_epoch() {
  epoch_wanted_ = true;
  context_.feed->ring_bell();
}

// On the feed thread.
void StoreImpl::pull() {
  Outcome pulled = Done{};
  {
    const Lock turn(context_.feed_turn);
    pulled = pull_all();
  }
  const bool polled = !context_.facts.watch;
  if (epoch_wanted_.exchange(false) || polled) follow_epoch();
  if (!pulled || polled) schedule_pull();
}

Outcome StoreImpl::pull_all() {
  for (uint64_t seen = 0;;) {
    auto page = read_older(std::max(seen, context_.feed->newest()), kHistoryAtOnce);
    if (!page) return pull_unknown(std::move(page).error());
    seen = page.value().through;  // a page may hold nothing that is shown
    for (CommitPtr &commit : page.value().commits) {
      if (take_over(std::move(commit)) == Taken::kCleared) return Done{};
    }
    if (page.value().rest == HistoryPage::Rest::kNone) {
      context_.feed->skip_to(page.value().through);
      return Done{};
    }
  }
}

// Where changes are gone, or none are kept, it is known only that there were some.
Outcome StoreImpl::pull_unknown(Error why) {
  if (why.code != Code::kCompacted && why.code != Code::kUnsupported) return why;
  const auto now = stats();
  if (!now) return now.error();
  context_.saw(now.value().revision);
  if (now.value().revision != context_.feed->newest()) {
    context_.feed->restart(now.value().revision, Break::kLost);
  }
  return Done{};
}

void StoreImpl::schedule_pull() {
  const Lock lock(alarm_mutex_);
  pull_alarm_ = timers_.at(wall_clock_ms() + context_.options.poll_every_ms,
                           [this] { context_.feed->ring_bell(); });
}

// What follows a reset is shown under the epoch that the reset makes, so the feed stops before it.
StoreImpl::Taken StoreImpl::take_over(CommitPtr commit) {
  context_.saw(commit->revision);
  if (commit->events.front().kind == Event::Kind::kClear) {
    cleared_at_ = std::max(cleared_at_, commit->revision);
    epoch_wanted_ = true;
    return Taken::kCleared;
  }
  for (const Event &event : commit->events) sweeper_.expects(event.expires_ms);
  context_.feed->append(std::move(commit));
  return Taken::kShown;
}

// The epoch belongs to the committer.
void StoreImpl::follow_epoch() {
  const auto again = [this] {
    epoch_wanted_ = true;
    schedule_pull();
  };
  writer_.submit_exclusive({[this, again] {
                              if (const Outcome followed = take_epoch(); !followed) again();
                            },
                            [again](const Error &) { again(); }});
}

// The store's revision is read after the epoch: the clear that the epoch was made for, or was made
// before, is not above it.
Outcome StoreImpl::take_epoch() {
  const Lock turn(context_.feed_turn);
  const auto epoch = context_.identity.kept_epoch();
  if (!epoch) return epoch.error();
  const auto beginning = context_.identity.kept_beginning();
  if (!beginning) return beginning.error();
  const uint64_t newest = context_.feed->newest();
  if (epoch.value() == context_.identity.epoch() && cleared_at_ <= newest) return Done{};
  const auto now = stats();
  if (!now) return now.error();
  const uint64_t revision = std::max({newest, cleared_at_, now.value().revision});
  context_.saw(revision);
  context_.feed->begin_after(std::min(std::max(beginning.value(), cleared_at_), revision));
  context_.feed->restart(revision, Break::kReset,
                         [&] { context_.identity.show_epoch(epoch.value()); });
  context_.feed->ring_bell();  // for what was committed since
  return Done{};
}

}  // namespace navistore::store
