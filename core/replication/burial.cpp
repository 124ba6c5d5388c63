// SPDX-License-Identifier: Apache-2.0
#include "core/replication/burial.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/replication/outcomes.hpp"
#include "core/replication/peer.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::replication {
namespace {

constexpr std::chrono::seconds kKeepEvery{1};
constexpr std::chrono::seconds kRetryEvery{1};
constexpr size_t kAtOnce = 256;
const std::string kRecord = "replication.expired";

bool has_expired(const store::Event &event) {
  return event.kind == store::Event::Kind::kExpire && store::MetaView(event.meta).stamp().ms != 0;
}

}  // namespace

Burial::Burial(store::Store &store, uint64_t tombstone_ms, std::function<void()> advanced)
    : store_(store), tombstone_ms_(tombstone_ms), advanced_(std::move(advanced)) {
  thread_ = std::thread([this] { run(); });
}

Burial::~Burial() {
  wakeup_.stop();
  thread_.join();
}

void Burial::run() {
  while (!wakeup_.stopped()) {
    const Outcome done = turn();
    if (done) continue;
    telemetry::log(telemetry::Level::kWarning, "bury expired items: " + done.error().message);
    watcher_.reset();
    wakeup_.pause(Clock::now() + kRetryEvery);
  }
  watcher_.reset();
  keep(cursor_);
}

Outcome Burial::load() {
  auto record = store_.record(kRecord);
  if (!record) return std::move(record).error();
  auto kept = parse_cursor(record.value());
  epoch_ = store_.epoch();
  const bool known = kept && kept.value().epoch == epoch_;
  cursor_ = known ? kept.value().revision : store_.feed().position();
  kept_cursor_ = known ? std::optional<uint64_t>(cursor_) : std::nullopt;
  loaded_ = Loaded::kYes;
  want_after(cursor_);
  return Done{};
}

Outcome Burial::turn() {
  using State = store::Watcher::State;
  if (loaded_ == Loaded::kNo || epoch_ != store_.epoch()) {
    watcher_.reset();
    if (Outcome loaded = load(); !loaded) return loaded;
  }
  if (!watcher_) {
    store::WatchOptions watch{{store::Interest::Kind::kPrefix, {}}, cursor_};
    watcher_ = store_.feed().watch(std::move(watch), [this] { wakeup_.wake(); });
  }
  const store::Watcher::Taken taken = watcher_->take(kAtOnce);
  if (Outcome buried = bury(taken); !buried) return buried;
  cursor_ = taken.cursor;
  if (taken.state != State::kOpen) watcher_.reset();
  // Where it began, the feed had not told everybody of the reset yet.
  if (taken.state == State::kReset) want_after(cursor_);
  if (taken.state == State::kClosed) return Error{Code::kUnavailable, "the feed is closed"};
  if (taken.state == State::kCursorGone) return begin_at_oldest();
  if (Clock::now() - kept_ >= kKeepEvery) keep(cursor_);
  if (taken.state == State::kOpen && taken.notices.empty()) wakeup_.wait(Clock::time_point::max());
  return Done{};
}

Outcome Burial::begin_at_oldest() {
  telemetry::log(telemetry::Level::kWarning,
                 "bury expired items: changes are no longer kept; what expired then has no "
                 "tombstone");
  const auto stats = store_.stats();
  if (!stats) return stats.error();
  const uint64_t oldest = stats.value().oldest_change;
  cursor_ = oldest > cursor_ + 1 ? oldest - 1 : store_.feed().position();
  return Done{};
}

// All on their way at once, so that they share the backend's commits.
Outcome Burial::bury(const store::Watcher::Taken &taken) {
  std::vector<store::Transaction> transactions;
  const uint64_t now_ms = store_.now_ms();
  for (const store::Notice &notice : taken.notices) {
    const store::Event &event = *notice.event;
    if (!has_expired(event)) continue;
    store::Operation &op = transactions.emplace_back().operations.emplace_back();
    op.kind = store::Operation::Kind::kCopy;
    op.key = event.key;
    op.meta = store::tombstone_of(store::MetaView(event.meta), now_ms);
    op.expiry = {store::Expiry::Kind::kAt, now_ms + tombstone_ms_};
  }
  Outcomes outcomes(transactions.size());
  for (store::Transaction &transaction : transactions) {
    store_.submit(std::move(transaction),
                  [&](const store::CommitResult &result) { outcomes.add(result); });
  }
  auto buried = outcomes.wait();
  if (!buried) return std::move(buried).error();
  return Done{};
}

void Burial::keep(uint64_t cursor) {
  kept_ = Clock::now();
  if (loaded_ == Loaded::kNo || cursor == kept_cursor_) return;
  const Outcome kept = store_.keep_record(kRecord, to_json(Cursor{epoch_, cursor, 0, 0}));
  if (!kept) return;
  kept_cursor_ = cursor;
  want_after(cursor);
}

void Burial::want_after(uint64_t cursor) {
  wants_after_ = cursor;
  advanced_();
}

}  // namespace navistore::replication
