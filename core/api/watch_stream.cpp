// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_stream.hpp"

#include <algorithm>
#include <utility>

#include "core/api/rendered_events.hpp"
#include "core/function_ref.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::api {
namespace {

constexpr size_t kNoticesAtOnce = 64;
constexpr int kTakesAtOnce = 16;  // then the other streams
constexpr size_t kPageBytes = size_t{256} * 1024;
constexpr std::chrono::milliseconds kRetry{5};
constexpr size_t kWhole = size_t{16} * 1024;  // a text of this size is not worth copying

// Texts of one turn: small ones are sent together, large ones as they are.
class Outgoing {
 public:
  explicit Outgoing(FunctionRef<void(http::SharedText)> write) : write_(write) {}

  void add(http::SharedText text) {
    if (text->size() >= kWhole) {
      flush();
      write_(std::move(text));
    } else if (!first_) {
      first_ = std::move(text);
    } else {
      if (more_.empty()) more_ = *first_;
      more_ += *text;
    }
  }
  void flush() {
    if (!more_.empty()) first_ = std::make_shared<const std::string>(std::exchange(more_, {}));
    if (first_) write_(std::exchange(first_, nullptr));
  }

 private:
  const FunctionRef<void(http::SharedText)> write_;
  http::SharedText first_;
  std::string more_;  // begins with first_
};

}  // namespace

WatchStream::WatchStream(std::shared_ptr<Detached> job, WatchQuery query, const WatchStart &start)
    : shared_(job->shared()),
      query_(std::move(query)),
      start_(start),
      job_(std::move(job)),
      spoke_(Clock::now()) {}

template <class Member>
WaitRoom::Task WatchStream::task(Member member) {
  return [weak = weak_from_this(), member] {
    if (const auto self = weak.lock()) (*self.*member)();
  };
}

void WatchStream::start() {
  job_->responder()->on_gone([weak = weak_from_this(), &room = room()](auto how) {
    room.post([weak, how] {
      if (const auto self = weak.lock()) self->gone(how);
    });
  });
  const bool resumes = query_.since != WatchQuery::Since::kNow;
  if (start_.kind == WatchStart::Kind::kGone) return lose();
  if (query_.items == WatchQuery::Items::kFirst && !resumes) return scan();
  follow(start_.after);
  pump();
}

void WatchStream::follow(Version after) {
  subscription_.reset();  // the old one before the new one
  text_.emplace(query_.form, ItemStyle{after.epoch, query_.include, query_.encoding});
  cursor_ = after.revision;
  subscription_ = std::make_unique<Subscription>(shared_, query_.interest, after, weak_from_this());
}

void WatchStream::pump() {
  if (phase_ == Phase::kScanning) return request_page();
  for (int takes = 0; phase_ != Phase::kOver; ++takes) {
    if (stream_ && stream_->state() != http::Stream::State::kOpen) return;  // on_ready pumps
    if (takes == kTakesAtOnce) return room().post(task(&WatchStream::pump));
    const Taken taken = subscription_->take(kNoticesAtOnce);
    const bool known = taken.start == Taken::Start::kFound || taken.state != State::kOpen;
    if (!known) return;
    if (phase_ == Phase::kProving && taken.state != State::kOpen && taken.notices.empty()) {
      return conclude(taken);
    }
    if (phase_ == Phase::kProving) begin();
    show(taken);
    if (taken.rest == Taken::Rest::kMore) continue;
    if (taken.state != State::kOpen) return conclude(taken);
    if (phase_ == Phase::kMerging) room().at(Clock::now() + kRetry, task(&WatchStream::pump));
    return;
  }
}

void WatchStream::begin() {
  job_->run([this](Call &call) {
    const bool events = query_.form == WatchForm::kEvents;
    call.response().field("Content-Type", events ? kEventsType : kLinesType);
    call.response().field("Cache-Control", "no-store").field("Vary", "Accept");
    call.response().field("X-Accel-Buffering", "no");  // for an nginx in between
    if (query_.items == WatchQuery::Items::kNone) call.valid_at(cursor_);
    stream_ = job_->stream(call);
  });
  job_.reset();
  stream_->on_ready([pump = task(&WatchStream::pump), &room = room()] { room.post(pump); });
  stream_->on_drain([drain = task(&WatchStream::drain), &room = room()] { room.post(drain); });
  stream_->on_closed([weak = weak_from_this(), leave = task(&WatchStream::leave), &room = room()] {
    if (const auto self = weak.lock()) self->closed_ = true;
    room.post(leave);
  });
  phase_ = Phase::kLive;
  if (query_.items == WatchQuery::Items::kNone && query_.since == WatchQuery::Since::kNow) {
    std::string id;
    text_->start(cursor_, id);
    write(std::move(id));
  }
  schedule_progress(Clock::now() + shared_.options.progress_every);
  if (shared_.draining) room().post(task(&WatchStream::drain));  // nobody else tells it now
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): lost in std::function's swap
}

void WatchStream::show(const Taken &taken) {
  if (phase_ == Phase::kMerging) {
    merge(taken);
  } else {
    show_live(taken.notices);
  }
  cursor_ = taken.cursor;
}

void WatchStream::show_live(const std::vector<store::Notice> &notices) {
  const auto send = [this](http::SharedText text) { write(std::move(text)); };
  Outgoing out(send);
  show_wanted(
      notices, [&](const store::Event &event) { return query_.kinds.has(event.kind); },
      [&](const std::shared_ptr<const store::Event> &event, store::Event::Place place) {
        out.add(shared_.rendered.text(event, place, *text_));
      });
  out.flush();
}

// What the scan shows already is left out. Without the cursor: before everything is there, nothing
// can be resumed.
void WatchStream::merge(const Taken &taken) {
  std::string text;
  const uint64_t last = scan_->last_revision();
  const auto behind =
      std::find_if(taken.notices.begin(), taken.notices.end(),
                   [&](const store::Notice &notice) { return notice.event->revision > last; });
  const std::vector<store::Notice> covered(taken.notices.begin(), behind);
  show_wanted(
      covered,
      [&](const store::Event &event) {
        return query_.kinds.has(event.kind) && !scan_->shows(event.key, event.revision);
      },
      [&](const std::shared_ptr<const store::Event> &event, store::Event::Place) {
        text_->change(*event, std::nullopt, text);
      });
  if (behind == taken.notices.end() && taken.cursor < last) return write(std::move(text));
  text_->mark(Mark::kSynced, behind == taken.notices.end() ? taken.cursor : last, text);
  phase_ = Phase::kLive;
  scan_.reset();
  write(std::move(text));
  show_live({behind, taken.notices.end()});
}

void WatchStream::conclude(const Taken &taken) {
  const bool same_epoch = start_.after.epoch == shared_.store.epoch();
  switch (taken.state) {
    case State::kOpen: return;
    case State::kReset:
      // From the beginning: the one of this epoch.
      if (query_.since == WatchQuery::Since::kBeginning && !stream_ && same_epoch) {
        follow({start_.after.epoch, taken.cursor});
        return pump();
      }
      return lose();
    case State::kCursorGone: return lose();
    case State::kOverflow:
      say(Mark::kOverflow, phase_ == Phase::kLive ? WatchText::Cursor(cursor_) : std::nullopt);
      return finish();
    case State::kClosed: break;
  }
  if (!stream_) {
    job_->run([](Call &call) {
      call.fail(Problem::kBackendUnavailable, "the store cannot serve this now");
    });
    return leave();
  }
  if (phase_ == Phase::kLive) say(Mark::kProgress, cursor_);
  finish();
}

void WatchStream::lose() {
  if (query_.items == WatchQuery::Items::kNone) {
    if (stream_) {
      say(Mark::kReset, std::nullopt);
      return finish();
    }
    job_->run([](Call &call) { on_reader_pool(call, answer_cursor_gone); });
    return leave();
  }
  scan();
}

void WatchStream::scan() {
  const bool again = stream_ || query_.since != WatchQuery::Since::kNow;
  const Version now{shared_.store.epoch(), shared_.store.revision()};
  subscription_.reset();
  text_.emplace(query_.form, ItemStyle{now.epoch, query_.include, query_.encoding});
  start_.after = now;
  if (!stream_) begin();
  if (again) say(Mark::kReset, std::nullopt);
  scan_ = std::make_unique<WatchScan>(query_.interest, query_.include);
  phase_ = Phase::kScanning;
  request_page();
}

void WatchStream::request_page() {
  if (phase_ != Phase::kScanning || requested_ == Page::kRequested) return;
  if (stream_->state() != http::Stream::State::kOpen) return;  // on_ready pumps
  const auto queued = shared_.store.on_reader_pool(
      [errand = room().begin_errand(), self = shared_from_this()] { self->read_page(); });
  if (!queued) {
    room().at(Clock::now() + kRetry, task(&WatchStream::request_page));
    return;
  }
  requested_ = Page::kRequested;
}

void WatchStream::read_page() {
  if (closed_) return;
  page_.clear();
  Outcome outcome = scan_->read_page(shared_.store, [this](const store::ItemView &item) {
    text_->item(item, page_);
    return page_.size() < kPageBytes;
  });
  room().post(
      [self = shared_from_this(), outcome = std::move(outcome)] { self->page_read(outcome); });
}

void WatchStream::page_read(const Outcome &outcome) {
  requested_ = Page::kNone;
  if (phase_ != Phase::kScanning) return;
  if (!outcome) {
    telemetry::log(telemetry::Level::kWarning, "watch cut: " + outcome.error().message);
    return leave();  // without an end, so that the client sees that something is missing
  }
  if (shared_.store.epoch() != start_.after.epoch) return scan();
  write(std::exchange(page_, {}));
  if (!scan_->complete()) return request_page();
  phase_ = Phase::kMerging;
  follow({start_.after.epoch, scan_->first_revision()});
  pump();
}

void WatchStream::say(Mark mark, WatchText::Cursor cursor) {
  std::string text;
  text_->mark(mark, cursor, text);
  write(std::move(text));
}

void WatchStream::write(std::string text) {
  if (!text.empty()) write(std::make_shared<const std::string>(std::move(text)));
}

void WatchStream::write(http::SharedText text) {
  spoke_ = Clock::now();
  stream_->write(std::move(text));
}

void WatchStream::progress() {
  progress_timer_.reset();
  const auto every = shared_.options.progress_every;
  if (phase_ == Phase::kLive && Clock::now() - spoke_ >= every) pump();
  if (phase_ == Phase::kOver) return;
  const bool silent = Clock::now() - spoke_ >= every;
  const bool open = stream_->state() == http::Stream::State::kOpen;
  if (phase_ == Phase::kLive && silent && open) say(Mark::kProgress, cursor_);
  schedule_progress((open ? spoke_ : Clock::now()) + every);
}

void WatchStream::schedule_progress(Clock::time_point when) {
  progress_timer_ = room().at(when, task(&WatchStream::progress));
}

void WatchStream::gone(http::Responder::Gone how) {
  if (phase_ != Phase::kProving) return;
  if (how == http::Responder::Gone::kDraining) return drain();
  leave();
}

void WatchStream::drain() {
  if (phase_ == Phase::kOver) return;
  if (!stream_) {
    job_->run([](Call &call) { call.fail(Problem::kDraining, "the server is shutting down"); });
    return leave();
  }
  pump();
  if (phase_ == Phase::kOver) return;
  if (phase_ == Phase::kLive) say(Mark::kProgress, cursor_);
  finish();
}

void WatchStream::finish() {
  stream_->end();
  leave();
}

void WatchStream::leave() {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  if (progress_timer_) room().cancel(*progress_timer_);
  subscription_.reset();
  stream_.reset();
  room().leave(shared_from_this());
}

}  // namespace navistore::api
