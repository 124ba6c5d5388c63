// SPDX-License-Identifier: Apache-2.0
#include "core/replication/replication.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/replication/channels.hpp"
#include "core/replication/classic_peers.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::replication {
namespace {

// An original server writes a line into its log for each call.
constexpr std::chrono::seconds kClassicHeartbeat{10};

std::string record_of(Peer::Kind kind) {
  return kind == Peer::Kind::kV1 ? "replication.peers" : "replication.classic-peers";
}

}  // namespace

Replication::Replication(store::Store &store, const Options &options)
    : store_(store), options_(options), applier_(store) {}

Result<std::unique_ptr<Replication>> Replication::open(store::Store &store, Options options) {
  options.sender.retention_ms = options.tombstone_ms;
  std::unique_ptr<Replication> replication(new Replication(store, options));
  if (Outcome loaded = replication->load(); !loaded) return std::move(loaded).error();
  return replication;
}

Replication::~Replication() {
  Senders last;
  std::unique_ptr<Burial> burial;
  Waits waits;
  {
    const Lock lock(mutex_);
    last.swap(senders_);
    burial.swap(burial_);
    waits.swap(waits_);
  }
}

Outcome Replication::load() {
  std::vector<Peer> all;
  for (const Peer::Kind kind : {Peer::Kind::kV1, Peer::Kind::kClassic}) {
    auto kept = kept_peers(kind);
    if (!kept) return std::move(kept).error().in("read the peers");
    all.insert(all.end(), kept.value().begin(), kept.value().end());
  }
  if (store_.replicating()) start_burial();
  replace(all);
  return Done{};
}

Result<std::vector<Peer>> Replication::kept_peers(Peer::Kind kind) {
  auto record = store_.record(record_of(kind));
  if (!record) return std::move(record).error();
  if (record.value().empty()) return std::vector<Peer>();
  return kind == Peer::Kind::kV1 ? parse_peers(record.value())
                                 : parse_classic_peers(record.value());
}

void Replication::start_burial() {
  const Lock lock(mutex_);
  if (burial_) return;
  burial_ = std::make_unique<Burial>(store_, options_.tombstone_ms, [this] { advanced(); });
}

Outcome Replication::set_peers(Peer::Kind kind, const std::vector<Peer> &peers) {
  const Lock change(change_mutex_);
  if (!peers.empty()) {
    if (!store_.facts().changes) {
      return Error{Code::kUnsupported, "the backend keeps no changes to replicate"};
    }
    if (Outcome on = store_.start_replicating(); !on) return on;
    start_burial();
  }
  const bool v1 = kind == Peer::Kind::kV1;
  Outcome kept = store_.keep_record(record_of(kind), v1 ? to_json(peers) : to_urls(peers));
  if (!kept) return kept;
  const std::vector<Peer> before = this->peers(kind);
  std::vector<Peer> all = this->peers(v1 ? Peer::Kind::kClassic : Peer::Kind::kV1);
  all.insert(v1 ? all.begin() : all.end(), peers.begin(), peers.end());
  replace(all);
  forget(before, peers);
  return Done{};
}

void Replication::forget(const std::vector<Peer> &before, const std::vector<Peer> &now) {
  for (const Peer &peer : before) {
    const bool stays =
        std::any_of(now.begin(), now.end(), [&](const Peer &other) { return other.id == peer.id; });
    if (stays) continue;
    const Outcome forgotten = store_.keep_record(Sender::record_of(peer.id), {});
    if (forgotten) continue;
    telemetry::log(telemetry::Level::kWarning,
                   "forget the cursor of peer " + peer.id + ": " + forgotten.error().message);
  }
}

std::shared_ptr<Sender> Replication::open_sender(const Peer &peer) {
  SenderOptions sender = options_.sender;
  const bool classic = peer.kind == Peer::Kind::kClassic;
  if (classic) sender.heartbeat = kClassicHeartbeat;
  auto channel = classic ? open_classic_channel(peer, options_.tls, echoes_)
                         : open_http_channel(peer, options_.tls);
  return std::make_shared<Sender>(store_, peer, std::move(channel), sender, [this] { advanced(); });
}

// Senders that go end outside of the lock, since they take it from their threads.
void Replication::replace(const std::vector<Peer> &peers) {
  Senders next;
  Senders gone;
  {
    const Lock lock(mutex_);
    wanted_ = peers;
    for (const auto &sender : senders_) {
      const bool stays = std::find(peers.begin(), peers.end(), sender->peer()) != peers.end();
      (stays ? next : gone).push_back(sender);
    }
    for (const auto &sender : gone) held_after_ = std::min(held_after_, sender->wants_after());
    senders_ = next;
  }
  gone.clear();  // a peer of the same id with another URL goes on from the cursor that is kept here
  for (const Peer &peer : peers) {
    const bool there = std::any_of(next.begin(), next.end(),
                                   [&](const auto &sender) { return sender->peer() == peer; });
    if (there) continue;
    auto sender = open_sender(peer);
    const Lock lock(mutex_);
    senders_.push_back(std::move(sender));
  }
  {
    const Lock lock(mutex_);
    held_after_ = UINT64_MAX;
  }
  advanced();
}

std::vector<Peer> Replication::peers(Peer::Kind kind) const {
  const Lock lock(mutex_);
  std::vector<Peer> peers;
  std::copy_if(wanted_.begin(), wanted_.end(), std::back_inserter(peers),
               [&](const Peer &peer) { return peer.kind == kind; });
  return peers;
}

bool Replication::pushes() const {
  const Lock lock(mutex_);
  return !wanted_.empty();
}

std::vector<PeerStatus> Replication::status() const {
  const Lock lock(mutex_);
  std::vector<PeerStatus> all;
  for (const auto &sender : senders_) all.push_back(sender->status());
  return all;
}

Outcome Replication::resync(std::string_view id) {
  const Lock lock(mutex_);
  for (const auto &sender : senders_) {
    if (sender->peer().id != id) continue;
    sender->resync();
    return Done{};
  }
  return Error{Code::kNotFound, "no such peer"};
}

Result<Receipt> Replication::apply(std::string_view encoded) {
  auto receipt = applier_.apply(encoded);
  if (receipt) start_burial();
  return receipt;
}

Result<Receipt> Replication::apply(const ChangeBatch &batch) {
  auto receipt = applier_.apply(batch);
  if (receipt) start_burial();
  return receipt;
}

Replication::Acknowledged Replication::acknowledged(uint64_t revision) const {
  const Lock lock(mutex_);
  return count(revision);
}

uint64_t Replication::when_acknowledged(uint64_t revision, size_t peers, uint64_t deadline_ms,
                                        std::function<void(Acknowledged)> done) {
  Acknowledged now;
  {
    const Lock lock(mutex_);
    now = count(revision);
    if (!now.suffices(peers) && store_.now_ms() < deadline_ms) {
      const uint64_t number = next_wait_++;
      waits_.emplace(number, Wait{revision, peers, std::move(done),
                                  store_.wake_at(deadline_ms, [this, number] { expire(number); })});
      return number;
    }
  }
  done(now);
  return 0;
}

// Neither an alarm nor what waits is destroyed under the lock, which their destruction may take.
void Replication::forget(uint64_t wait) {
  Waits::node_type over;
  const Lock lock(mutex_);
  over = waits_.extract(wait);
}

void Replication::expire(uint64_t wait) {
  Waits::node_type over;
  Acknowledged now;
  {
    const Lock lock(mutex_);
    over = waits_.extract(wait);
    if (over.empty()) return;
    now = count(over.mapped().revision);
  }
  over.mapped().done(now);
}

void Replication::advanced() {
  std::vector<std::pair<Waits::node_type, Acknowledged>> over;
  {
    const Lock lock(mutex_);
    hold_history();
    for (auto wait = waits_.begin(); wait != waits_.end();) {
      const auto at = wait++;
      const Acknowledged now = count(at->second.revision);
      if (!now.suffices(at->second.peers)) continue;
      over.emplace_back(waits_.extract(at), now);
    }
  }
  for (auto &[wait, now] : over) wait.mapped().done(now);
}

Replication::Acknowledged Replication::count(uint64_t revision) const {
  Acknowledged now{0, wanted_.size()};
  for (const auto &sender : senders_) {
    const auto has = sender->acknowledged();
    if (has && *has >= revision) ++now.by;
  }
  return now;
}

void Replication::hold_history() {
  uint64_t oldest = held_after_;
  if (burial_) oldest = std::min(oldest, burial_->wants_after());
  for (const auto &sender : senders_) oldest = std::min(oldest, sender->wants_after());
  store_.keep_history_after(oldest);
}

}  // namespace navistore::replication
