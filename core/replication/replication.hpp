// SPDX-License-Identifier: Apache-2.0
// Pushes every change of a store to a list of peers, and takes what others push. Asynchronous
// copying, not consensus.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/mutex.hpp"
#include "core/replication/applier.hpp"
#include "core/replication/burial.hpp"
#include "core/replication/echoes.hpp"
#include "core/replication/http_transfer.hpp"
#include "core/replication/peer.hpp"
#include "core/replication/sender.hpp"
#include "core/store/store.hpp"

namespace navistore::replication {

struct Options {
  uint64_t tombstone_ms = 7 * 24 * 3'600 * uint64_t{1'000};  // as the store's
  SenderOptions sender;                                      // its retention is tombstone_ms
  PeerTls tls;
};

class Replication {
 public:
  // Begins to push to the peers that were kept. The store outlives it.
  static Result<std::unique_ptr<Replication>> open(store::Store &store, Options options);
  ~Replication();  // nobody waits any more: the HTTP server was stopped before
  Replication(const Replication &) = delete;
  Replication &operator=(const Replication &) = delete;

  // Replaces the peers of one kind, which all of these are, and keeps the list; a peer that stays
  // as it was goes on undisturbed. The first peer turns replication on. Blocks: reader pool only.
  Outcome set_peers(Peer::Kind kind, const std::vector<Peer> &peers)
      NAVISTORE_EXCLUDES(change_mutex_);
  // [any thread]
  std::vector<Peer> peers(Peer::Kind kind) const NAVISTORE_EXCLUDES(mutex_);
  bool pushes() const NAVISTORE_EXCLUDES(mutex_);  // there are peers
  std::vector<PeerStatus> status() const NAVISTORE_EXCLUDES(mutex_);
  Outcome resync(std::string_view id) NAVISTORE_EXCLUDES(mutex_);  // kNotFound
  // Blocks: reader pool only.
  Result<Receipt> apply(std::string_view encoded);
  Result<Receipt> apply(const ChangeBatch &batch);
  uint64_t tombstone_ms() const { return options_.tombstone_ms; }
  const Applier &applier() const { return applier_; }
  Echoes &echoes() { return echoes_; }  // of pushes to classic peers

  struct Acknowledged {
    size_t by = 0;  // peers that have the revision
    size_t of = 0;  // peers in all
    // Whether that many peers have it, or all there are, if fewer.
    bool suffices(size_t peers) const { return by >= std::min(peers, of); }
  };
  Acknowledged acknowledged(uint64_t revision) const NAVISTORE_EXCLUDES(mutex_);
  // Calls done once: when that many peers (or all there are, if fewer) have everything up to the
  // revision, or at the deadline. On this thread or another one. Returns the number of the wait;
  // 0: done was called already.
  uint64_t when_acknowledged(uint64_t revision, size_t peers, uint64_t deadline_ms,
                             std::function<void(Acknowledged)> done) NAVISTORE_EXCLUDES(mutex_);
  // Ends a wait. Its done is destroyed uncalled, unless it is called right now.
  void forget(uint64_t wait) NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Wait {
    uint64_t revision;
    size_t peers;
    std::function<void(Acknowledged)> done;
    std::unique_ptr<store::Store::Alarm> alarm;
  };
  using Waits = std::map<uint64_t, Wait>;  // by number
  using Senders = std::vector<std::shared_ptr<Sender>>;

  Replication(store::Store &store, const Options &options);
  Outcome load();
  void start_burial() NAVISTORE_EXCLUDES(mutex_);
  Result<std::vector<Peer>> kept_peers(Peer::Kind kind);
  void replace(const std::vector<Peer> &peers) NAVISTORE_EXCLUDES(mutex_);
  // Peers that were there and no longer are: one that comes again begins anew.
  void forget(const std::vector<Peer> &before, const std::vector<Peer> &now);
  std::shared_ptr<Sender> open_sender(const Peer &peer);
  void advanced() NAVISTORE_EXCLUDES(mutex_);
  void hold_history() NAVISTORE_REQUIRES(mutex_);
  Acknowledged count(uint64_t revision) const NAVISTORE_REQUIRES(mutex_);
  void expire(uint64_t wait) NAVISTORE_EXCLUDES(mutex_);

  store::Store &store_;
  const Options options_;
  Applier applier_;
  Echoes echoes_;
  Mutex change_mutex_;  // held while the list is replaced, before mutex_
  mutable Mutex mutex_;
  // All peers, and until each of them has its sender, what the senders that go held of the feed.
  std::vector<Peer> wanted_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t held_after_ NAVISTORE_GUARDED_BY(mutex_) = UINT64_MAX;
  Senders senders_ NAVISTORE_GUARDED_BY(mutex_);
  Waits waits_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t next_wait_ NAVISTORE_GUARDED_BY(mutex_) = 1;
  std::unique_ptr<Burial> burial_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::replication
