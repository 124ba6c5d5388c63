// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_poll.hpp"

#include <utility>

namespace navistore::api {

WatchPoll::WatchPoll(std::shared_ptr<Detached> job, WatchQuery query, const WatchStart &start)
    : shared_(job->shared()),
      query_(std::move(query)),
      start_(start),
      job_(std::move(job)),
      text_(query_.form, {start.after.epoch, query_.include, query_.encoding}),
      cursor_(start.after.revision) {}

template <class Member>
WaitRoom::Task WatchPoll::task(Member member) {
  return [weak = weak_from_this(), member] {
    if (const auto self = weak.lock()) (*self.*member)();
  };
}

void WatchPoll::start() {
  WaitRoom &room = shared_.watches;
  deadline_timer_ = room.at(WaitRoom::Clock::now() + query_.wait, task(&WatchPoll::last_call));
  job_->responder()->on_gone([weak = weak_from_this(), &room](auto how) {
    room.post([weak, how] {
      if (const auto self = weak.lock()) self->gone(how);
    });
  });
  if (start_.kind == WatchStart::Kind::kGone) return lose();
  follow(start_.after.revision);
  pump();
}

void WatchPoll::follow(uint64_t after) {
  subscription_.reset();  // the old one before the new one
  cursor_ = after;
  subscription_ = std::make_unique<Subscription>(
      shared_, query_.interest, Version{start_.after.epoch, after}, weak_from_this());
}

void WatchPoll::pump() {
  while (subscription_ && count_ < query_.limit) {
    const Taken taken = subscription_->take(query_.limit - count_);
    if (taken.start == Taken::Start::kUnknown && taken.state == State::kOpen) return;
    add(taken);
    if (taken.rest == Taken::Rest::kMore) continue;
    const bool waits = patience_ == Patience::kLeft && count_ == 0;
    if (taken.state == State::kOpen && waits) return;
    if (taken.state == State::kOpen) break;
    if (count_ != 0 || taken.state == State::kClosed || taken.state == State::kOverflow) break;
    const bool from_beginning = query_.since == WatchQuery::Since::kBeginning &&
                                shared_.store.epoch() == start_.after.epoch;
    if (taken.state == State::kCursorGone || !from_beginning) return lose();
    follow(taken.cursor);  // the beginning of this epoch
  }
  answer();
}

void WatchPoll::add(const Taken &taken) {
  show_wanted(
      taken.notices, [&](const store::Event &event) { return query_.kinds.has(event.kind); },
      [&](const std::shared_ptr<const store::Event> &event, store::Event::Place) {
        if (count_++ != 0) events_.push_back(',');
        text_.change(*event, std::nullopt, events_);
      });
  cursor_ = taken.cursor;
}

void WatchPoll::lose() {
  job_->run([](Call &call) { on_reader_pool(call, answer_cursor_gone); });
  leave();
}

void WatchPoll::last_call() {
  patience_ = Patience::kUp;
  pump();
}

void WatchPoll::gone(http::Responder::Gone how) {
  if (how == http::Responder::Gone::kDraining) return last_call();
  leave();
}

void WatchPoll::answer() {
  job_->run([this](Call &call) {
    call.wait = query_.preferred_wait;
    call.valid_at(cursor_);
    call.response().field("Content-Type", kJsonType).field("Cache-Control", "no-store");
    call.response().field("Vary", "Accept");
    std::string &body = call.response().body;
    body.append("{\"events\":[").append(events_).append("],\"cursor\":\"");
    append_version({start_.after.epoch, cursor_}, body);
    body.append("\"}");
  });
  leave();
}

void WatchPoll::leave() {
  subscription_.reset();
  if (deadline_timer_) shared_.watches.cancel(*deadline_timer_);
  shared_.watches.leave(shared_from_this());
}

}  // namespace navistore::api
