// SPDX-License-Identifier: Apache-2.0
#include "core/replication/sender.hpp"

#include <algorithm>
#include <utility>

#include "core/telemetry/log.hpp"

namespace navistore::replication {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kKeepEvery{1'000};
constexpr milliseconds kKeepIdleEvery{60'000};  // where only the time of its last call has changed
constexpr uint64_t kFarBehind = 1'000;          // revisions: more is catching up

}  // namespace

Sender::Sender(store::Store &store, Peer peer, std::unique_ptr<Channel> channel,
               SenderOptions options, std::function<void()> advanced)
    : store_(store),
      peer_(std::move(peer)),
      channel_(std::move(channel)),
      options_(options),
      advanced_(std::move(advanced)),
      random_(std::random_device{}()) {
  store::Interest everything{store::Interest::Kind::kPrefix, {}, store::Interest::Burials::kShown};
  listening_ = store_.feed().on_change(std::move(everything), [this](uint64_t revision) {
    withheld_.committed(revision, store_.now_ms());
  });
  withheld_.begin_again(store_.revision(), store_.now_ms());
  thread_ = std::thread([this] { run(); });
}

Sender::~Sender() {
  wakeup_.stop();
  channel_->cancel();
  thread_.join();
}

PeerStatus Sender::status() const {
  const uint64_t newest = store_.revision();
  const uint64_t epoch = store_.epoch();
  const uint64_t now_ms = store_.now_ms();
  const Lock lock(mutex_);
  PeerStatus status = status_;
  status.id = peer_.id;
  status.url = peer_.url;
  status.cursor = cursor_.epoch == epoch ? cursor_.revision : 0;
  status.last_ok_ms = cursor_.last_ok_ms;
  status.lag_revisions = newest - std::min(newest, status.cursor);
  const auto since_ms = withheld_.since_ms(status.cursor);
  const bool lags = status.lag_revisions != 0 && since_ms;
  status.lag_ms = lags ? now_ms - std::min(now_ms, *since_ms) : 0;
  return status;
}

std::optional<uint64_t> Sender::acknowledged() const {
  const uint64_t epoch = store_.epoch();
  const Lock lock(mutex_);
  if (cursor_.epoch != epoch) return std::nullopt;
  return cursor_.revision;
}

uint64_t Sender::wants_after() const {
  const uint64_t epoch = store_.epoch();
  const Lock lock(mutex_);
  if (status_.state == PeerState::kRefused) return UINT64_MAX;
  return cursor_.epoch == epoch ? cursor_.revision : holds_after_;
}

void Sender::resync() {
  {
    const Lock lock(mutex_);
    resync_ordered_ = true;
  }
  wakeup_.hurry();
}

void Sender::run() {
  milliseconds backoff = kFirstBackoff;
  while (!wakeup_.stopped()) {
    const auto heard = heard_;
    const Outcome done = turn();
    if (heard_ != heard) backoff = kFirstBackoff;  // a turn may do well and send nothing
    if (done) continue;
    if (wakeup_.stopped()) break;
    fail(done.error());
    std::uniform_int_distribution<int64_t> jitter(backoff.count() / 2, backoff.count());
    wakeup_.pause(Clock::now() + milliseconds(jitter(random_)));
    backoff = std::min(backoff * 2, options_.longest_backoff);
  }
  watcher_.reset();
  keep_cursor();
}

Outcome Sender::turn() {
  if (loaded_ == Loaded::kNo) {
    if (Outcome loaded = load_cursor(); !loaded) return loaded;
  }
  if (take_resync_order()) {
    watcher_.reset();  // not under the lock: it may wait for its callback
    scan_.reset();
    const Lock lock(mutex_);
    cursor_.epoch = 0;
    cursor_.last_ok_ms = 0;
    status_.last_error.clear();
  }
  if (forgotten()) {
    watcher_.reset();
    fail({Code::kRefused, "not heard of for longer than deletes are kept: resync it"});
    wakeup_.wait(Clock::time_point::max());
    return Done{};
  }
  const auto from = acknowledged();
  return from ? send_changes(*from) : send_page();
}

Outcome Sender::load_cursor() {
  auto record = store_.record(record_of(peer_.id));
  if (!record) return std::move(record).error();
  loaded_ = Loaded::kYes;
  auto cursor = record.value().empty() ? Cursor{} : parse_cursor(record.value());
  if (!cursor) {  // the peer gets everything again
    telemetry::log(telemetry::Level::kWarning, "peer " + peer_.id + ": " + cursor.error().message);
    cursor = Cursor{};
  }
  {
    const Lock lock(mutex_);
    cursor_ = cursor.value();
    holds_after_ = UINT64_MAX;
    if (cursor_.last_ok_ms != 0) withheld_.began_at(cursor_.last_ok_ms);
  }
  advanced_();  // what is held is known now
  return Done{};
}

bool Sender::forgotten() const {
  const Lock lock(mutex_);
  const uint64_t last_ms = cursor_.last_ok_ms;
  return last_ms != 0 && last_ms + options_.retention_ms < store_.now_ms();
}

Outcome Sender::deliver(ChangeBatch &batch) {
  {
    const Lock lock(mutex_);
    batch.peer_epoch = cursor_.peer_epoch;
  }
  auto receipt = channel_->deliver(batch);
  if (!receipt) return std::move(receipt).error();
  heard_ = Clock::now();
  const Lock lock(mutex_);
  const uint64_t before = std::exchange(cursor_.peer_epoch, receipt.value().epoch);
  cursor_.last_ok_ms = store_.now_ms();
  status_.sent += batch.changes();
  status_.ignored += receipt.value().ignored;
  status_.last_error.clear();
  if (before == 0 || before == cursor_.peer_epoch) return Done{};
  cursor_.epoch = 0;
  resync_ordered_ = true;
  wakeup_.wake();
  return Done{};
}

void Sender::advance(uint64_t revision) {
  const uint64_t newest = store_.revision();
  milliseconds keep_every = kKeepEvery;
  {
    const Lock lock(mutex_);
    if (cursor_.epoch == 0) return;  // the peer lost its data meanwhile
    cursor_.revision = revision;
    withheld_.acknowledged(revision);
    const bool near = newest - std::min(newest, revision) <= kFarBehind;
    status_.state = revision < resynced_at_ ? PeerState::kResyncing
                    : near                  ? PeerState::kStreaming
                                            : PeerState::kCatchingUp;
    if (is_kept()) keep_every = kKeepIdleEvery;
  }
  advanced_();
  if (Clock::now() - kept_ >= keep_every) keep_cursor();
}

bool Sender::is_kept() const {
  return cursor_.epoch == kept_cursor_.epoch && cursor_.revision == kept_cursor_.revision &&
         cursor_.peer_epoch == kept_cursor_.peer_epoch;
}

// A cursor that is kept late only makes a restart send the same once more.
void Sender::keep_cursor() {
  kept_ = Clock::now();
  if (loaded_ == Loaded::kNo) return;
  Cursor cursor;
  {
    const Lock lock(mutex_);
    cursor = cursor_;
  }
  const Outcome kept = store_.keep_record(record_of(peer_.id), to_json(cursor));
  if (kept) {
    kept_cursor_ = cursor;
  } else {
    telemetry::log(telemetry::Level::kWarning, "keep a cursor: " + kept.error().message);
  }
}

void Sender::fail(const Error &error) {
  const Lock lock(mutex_);
  const bool news = status_.last_error != error.message;
  status_.last_error = error.message;
  status_.state = error.code == Code::kRefused ? PeerState::kRefused : PeerState::kRetrying;
  if (news) {
    telemetry::log(telemetry::Level::kWarning, "peer " + peer_.id + ": " + error.message);
  }
}

void Sender::set_state(PeerState state) {
  const Lock lock(mutex_);
  status_.state = state;
}

bool Sender::take_resync_order() {
  const Lock lock(mutex_);
  return std::exchange(resync_ordered_, false);
}

}  // namespace navistore::replication
