// SPDX-License-Identifier: Apache-2.0
#include "core/api/line_stream.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "core/api/cause_log.hpp"
#include "core/api/detached.hpp"
#include "core/api/limits.hpp"
#include "core/api/wait_room.hpp"
#include "core/api/walk.hpp"

namespace navistore::api {
namespace {

constexpr uint64_t kPageItems = 1'000;
constexpr uint64_t kPageBytes = 256 * 1024;
constexpr std::chrono::milliseconds kPoolRetry{20};

class Lines final : public PageSink {
 public:
  explicit Lines(const ItemStyle &style) : style_(style) {}
  void begin() override {
    text_.clear();
    count_ = 0;
  }
  void item(const store::ItemView &item) override {
    before_ = text_.size();
    json::Writer line(text_);
    write_item(item, style_, line);
    end_line();
  }
  void prefix(std::string_view prefix) override {
    before_ = text_.size();
    json::Writer line(text_);
    line.begin_object().bytes("prefix", prefix, style_.encoding).end_object();
    end_line();
  }
  void undo() override {
    text_.resize(before_);
    --count_;
  }
  size_t bytes() const override { return text_.size(); }
  uint64_t count() const { return count_; }
  std::string take() { return std::move(text_); }

 private:
  void end_line() {
    text_.push_back('\n');
    ++count_;
  }
  const ItemStyle style_;
  std::string text_;
  size_t before_ = 0;  // the last line
  uint64_t count_ = 0;
};

// Alternates between producing pages on the reader pool and resting until the client took them.
class LineStream final : public std::enable_shared_from_this<LineStream> {
 public:
  LineStream(const Call &call, ListQuery query, std::shared_ptr<http::Stream> stream)
      : gate_(call.shared().gate),
        shared_(call.shared()),
        request_id_(call.request_id()),
        query_(std::move(query)),
        from_(query_.from),
        stream_(std::move(stream)) {}

  void start() {
    stream_->on_ready([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->resume();
    });
    stream_->on_closed([self = shared_from_this()] { self->close(); });
    produce();
  }

 private:
  using State = http::Stream::State;

  // Ends with whoever rests; on_closed() keeps this alive until the connection is done.
  void close() { closed_ = true; }

  void resume() {
    if (!resting_.exchange(false)) return;
    schedule();
  }

  void schedule() {
    const auto queued =
        shared_.store.on_reader_pool([self = shared_from_this()] { self->come_in(); });
    if (queued || closed_) return;
    shared_.waits.at(WaitRoom::Clock::now() + kPoolRetry,
                     [self = shared_from_this()] { self->schedule(); });
  }

  void come_in() {
    gate_->pass([this] { produce(); });
  }

  // [inside the gate]
  void produce() {
    while (!closed_) {
      if (!page()) return;
      if (stream_->state() == State::kClosed) return;
      if (stream_->state() == State::kOpen) continue;
      resting_ = true;
      const bool ready_meanwhile = stream_->state() == State::kOpen;
      if (!ready_meanwhile || !resting_.exchange(false)) return;
    }
  }

  // Writes one page; false: that was the last.
  bool page() {
    Lines lines({shared_.store.epoch(), query_.include, query_.encoding});
    const uint64_t left = query_.limit ? *query_.limit - count_ : kPageItems;
    const Budget budget{std::min(left, kPageItems), kPageBytes};
    const auto end = walk_page(shared_.store, query_, from_, budget, lines);
    if (!end) {
      log_cause(Error(end.error()).in("list stream cut"), request_id_);
      stream_->end();
      return false;
    }
    count_ += lines.count();
    from_ = end.value().next;
    const bool over = end.value().rest == PageEnd::Rest::kComplete || query_.limit == count_;
    std::string text = lines.take();
    if (over) append_end(end.value(), text);
    stream_->write(std::move(text));
    if (over) stream_->end();
    return !over;
  }

  void append_end(const PageEnd &end, std::string &text) const {
    json::Writer line(text);
    line.begin_object().name("end").boolean(true).member("count", count_);
    line.member("revision", end.revision);
    if (end.rest == PageEnd::Rest::kMore) line.member("cursor", cursor_of(end.next));
    line.end_object();
    text.push_back('\n');
  }

  const std::shared_ptr<Gate> gate_;
  Shared &shared_;
  const std::string request_id_;
  const ListQuery query_;
  Position from_;
  uint64_t count_ = 0;
  const std::shared_ptr<http::Stream> stream_;
  std::atomic<bool> resting_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace

void stream_lines(Call &call, const ListQuery &query) {
  call.response().field("Content-Type", kLinesType);
  if (call.is_head()) {
    call.response().length = http::Response::Length::kUnknown;
    return;
  }
  std::make_shared<LineStream>(call, query, call.detached()->stream(call))->start();
}

}  // namespace navistore::api
