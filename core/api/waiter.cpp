// SPDX-License-Identifier: Apache-2.0
#include "core/api/waiter.hpp"

#include <algorithm>
#include <utility>

namespace navistore::api {
namespace {

constexpr std::chrono::milliseconds kComeBack{5};
constexpr unsigned kLongestComeBack = 5;  // doublings

}  // namespace

Waiter::Waiter(std::shared_ptr<Detached> job, store::Interest interest, Place place, Try attempt)
    : job_(std::move(job)),
      interest_(std::move(interest)),
      place_(place),
      attempt_(std::move(attempt)) {}

WaitRoom &Waiter::room() const { return job_->shared().waits; }

void Waiter::start(std::chrono::seconds wait) {
  arm(wait);
  // Who tells of a change only posts, and never owns the waiter: ending a registration on the
  // thread that calls it would wait for itself. (To convert a weak pointer there would own it,
  // too.)
  const std::weak_ptr<Guest> weak = weak_from_this();
  registration_ = job_->shared().store.feed().on_change(
      interest_, [weak, queued = queued_, &room = room()](uint64_t) {
        if (queued->exchange(true)) return;
        room.wake(weak);
      });
  wake();
}

void Waiter::arm(std::chrono::seconds wait) {
  const std::weak_ptr<Waiter> weak = weak_from_this();
  if (!job_->deadline) job_->deadline = WaitRoom::Clock::now() + wait;
  const auto end = [weak] {
    if (const auto waiter = weak.lock()) waiter->last_call();
  };
  deadline_timer_ = room().at(*job_->deadline, end);
  job_->responder()->on_gone([weak, end, &room = room()](http::Responder::Gone gone) {
    if (gone == http::Responder::Gone::kDraining) return room.post(end);
    room.post([weak] {
      if (const auto waiter = weak.lock()) waiter->leave();
    });
  });
}

void Waiter::last_call() {
  urgency_ = Urgency::kAnyway;
  wake();
}

void Waiter::wake() {
  queued_->store(false);
  if (state_ == State::kLeft) return;
  if (state_ != State::kIdle) {
    state_ = State::kRunningStale;
    return;
  }
  state_ = State::kRunning;
  if (place_ == Place::kReaderPool) return on_reader_pool();
  try_now(urgency_);
  settled();
}

void Waiter::on_reader_pool() {
  const auto self = shared_from_this();
  const auto queued = job_->shared().store.on_reader_pool(
      [errand = room().begin_errand(), self, urgency = urgency_] {
        self->try_now(urgency);
        self->room().post([self] { self->settled(); });
      });
  if (queued) {
    refusals_ = 0;
    return;
  }
  if (queued.error().code == Code::kBusy) return come_back();
  const Fault fault = fault_of(queued.error(), Access::kRead);
  job_->run([&](Call &call) { call.fail(fault); });
  settled();
}

// Many were woken together: whoever finds the pool full waits on, a little longer each time.
void Waiter::come_back() {
  state_ = State::kIdle;
  set_wake_timer(kComeBack * (1U << std::min(refusals_++, kLongestComeBack)));
}

void Waiter::try_now(Urgency urgency) {
  outcome_ = {};
  job_->run([&](Call &call) {
    outcome_ = attempt_(call);
    const bool waits = outcome_.kind == Attempt::Kind::kMayChange && urgency == Urgency::kIfFinal;
    if (waits || outcome_.kind == Attempt::Kind::kToGoOn) call.hold();
  });
}

void Waiter::settled() {
  const bool stale = state_ == State::kRunningStale;
  if (state_ == State::kLeft) return;
  state_ = State::kIdle;
  // Another thread may work on what was handed on, so that is asked first.
  if (outcome_.kind == Attempt::Kind::kHandedOn || job_->answered()) return leave();
  wake_later(outcome_.wake_at_ms);
  if (stale || outcome_.kind == Attempt::Kind::kToGoOn) wake();
}

void Waiter::wake_later(uint64_t at_ms) {
  if (wake_timer_) room().cancel(*wake_timer_);
  wake_timer_.reset();
  if (at_ms == 0) return;
  const uint64_t now = job_->shared().store.now_ms();
  const auto longest = static_cast<uint64_t>(std::chrono::milliseconds(kLongestWait).count());
  const std::chrono::milliseconds left(at_ms > now ? std::min(at_ms - now, longest) : 0);
  set_wake_timer(left);
}

void Waiter::set_wake_timer(std::chrono::milliseconds left) {
  if (wake_timer_) room().cancel(*wake_timer_);
  wake_timer_ = room().at(WaitRoom::Clock::now() + left, [weak = weak_from_this()] {
    if (const auto waiter = weak.lock()) waiter->wake();
  });
}

void Waiter::leave() {
  state_ = State::kLeft;
  registration_.reset();
  if (deadline_timer_) room().cancel(*deadline_timer_);
  if (wake_timer_) room().cancel(*wake_timer_);
  room().leave(shared_from_this());
}

void wait_for_change(Call &call, store::Interest interest, Place place, Try attempt) {
  const std::chrono::seconds wait = *call.wait;
  call.trace.waited = Call::Trace::Waited::kYes;
  const auto job = Detached::take(call, Body::kKeep);
  job->trace.waited = Call::Trace::Waited::kYes;
  auto waiter = std::make_shared<Waiter>(job, std::move(interest), place, std::move(attempt));
  WaitRoom &room = call.shared().waits;
  if (!room.admit(waiter)) {
    job->run([](Call &refused) {
      refused.fail(Problem::kBackendUnavailable, "too many requests wait already");
    });
    return;
  }
  room.post([waiter, wait] { waiter->start(wait); });
}

}  // namespace navistore::api
