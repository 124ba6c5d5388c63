// SPDX-License-Identifier: Apache-2.0
#include "core/store/watch_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace navistore::store {
namespace {

size_t cost(const Event &event) {
  return event.key.size() + event.value.size() + event.meta.size();
}

}  // namespace

Watcher::State WatchQueue::state_after(Break why) {
  switch (why) {
    case Break::kReset: return Watcher::State::kReset;
    case Break::kLost: return Watcher::State::kCursorGone;
    case Break::kLagged: return Watcher::State::kOverflow;
    case Break::kClosed: break;
  }
  return Watcher::State::kClosed;
}

bool WatchQueue::must_tell() { return !std::exchange(told_, true); }

void WatchQueue::push(const CommitPtr &commit) {
  const size_t before = queue_.size();
  for (const Event &event : commit->events) {
    if (!concerns(interest(), event)) continue;
    queue_.push_back({std::shared_ptr<const Event>(commit, &event), Event::Place::kInside});
    bytes_ += cost(event);
  }
  if (queue_.size() != before) queue_.back().place = Event::Place::kLast;
}

void WatchQueue::committed(const CommitPtr &commit) {
  bool tell = false;
  {
    const Lock lock(mutex_);
    if (state_ != Watcher::State::kOpen || commit->revision <= position_) return;
    if (full()) {
      state_ = Watcher::State::kOverflow;
    } else {
      push(commit);
      position_ = commit->revision;
    }
    tell = must_tell();
  }
  if (tell) ready_.call();
}

void WatchQueue::fill(const std::vector<CommitPtr> &commits, uint64_t through) {
  const Lock lock(mutex_);
  if (state_ != Watcher::State::kOpen) return;
  for (const CommitPtr &commit : commits) {
    if (commit->revision > position_) push(commit);
  }
  position_ = std::max(position_, through);
  found();
}

void WatchQueue::found() {
  if (start_ == Start::kUnknown) start_is_news_ = true;
  start_ = Start::kFound;
}

void WatchQueue::announce() {
  bool tell = false;
  {
    const Lock lock(mutex_);
    tell = (start_is_news_ || !queue_.empty()) && must_tell();
  }
  if (tell) ready_.call();
}

uint64_t WatchQueue::position() const {
  const Lock lock(mutex_);
  return position_;
}

bool WatchQueue::ended() const {
  const Lock lock(mutex_);
  return state_ != Watcher::State::kOpen;
}

bool WatchQueue::pause_if_full() {
  const Lock lock(mutex_);
  if (!full()) return false;
  phase_ = Phase::kPaused;
  return true;
}

void WatchQueue::go_live() {
  const Lock lock(mutex_);
  phase_ = Phase::kLive;
  found();
}

void WatchQueue::end(Watcher::State state, uint64_t revision) {
  bool tell = false;
  {
    const Lock lock(mutex_);
    if (state_ != Watcher::State::kOpen) return;
    state_ = state;
    if (state == Watcher::State::kReset) position_ = revision;
    tell = must_tell();
  }
  if (tell) ready_.call();
}

WatchQueue::Phase WatchQueue::phase() const {
  const Lock lock(mutex_);
  return phase_;
}

WatchQueue::Extent WatchQueue::first_transaction() const {
  Extent extent;
  for (const Notice &notice : queue_) {
    ++extent.notices;
    extent.bytes += cost(*notice.event);
    if (notice.place == Event::Place::kLast) break;
  }
  return extent;
}

Watcher::Taken WatchQueue::take(Extent most, uint64_t seen, bool &resume) {
  const Lock lock(mutex_);
  Watcher::Taken taken;
  taken.start = start_;
  start_is_news_ = false;
  for (size_t bytes = 0; !queue_.empty();) {
    const Extent next = first_transaction();
    bytes += next.bytes;
    const bool fits = taken.notices.size() + next.notices <= most.notices && bytes <= most.bytes;
    if (!fits && !taken.notices.empty()) break;
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(next.notices);
    std::move(queue_.begin(), end, std::back_inserter(taken.notices));
    queue_.erase(queue_.begin(), end);
    bytes_ -= next.bytes;
  }
  resume = phase_ == Phase::kPaused && queue_.size() <= max_ / 2 && bytes_ <= max_bytes_ / 2;
  if (resume) phase_ = Phase::kCatchingUp;
  if (!queue_.empty()) {
    taken.cursor = taken.notices.back().event->revision;
    taken.rest = Watcher::Taken::Rest::kMore;
    return taken;
  }
  taken.state = state_;
  told_ = state_ != Watcher::State::kOpen;
  const bool live = phase_ == Phase::kLive && state_ == Watcher::State::kOpen;
  taken.cursor = live ? std::max(position_, seen) : position_;
  return taken;
}

}  // namespace navistore::store
