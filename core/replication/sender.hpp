// SPDX-License-Identifier: Apache-2.0
// Pushes the feed of a store to one peer, from the peer's cursor on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "core/mutex.hpp"
#include "core/replication/channel.hpp"
#include "core/replication/peer.hpp"
#include "core/replication/wakeup.hpp"
#include "core/replication/withheld.hpp"
#include "core/store/store.hpp"

namespace navistore::replication {

struct SenderOptions {
  uint64_t retention_ms = 0;  // of tombstones: a peer not heard of for longer is refused
  std::chrono::milliseconds heartbeat{1'000};  // between calls to an idle peer
  std::chrono::milliseconds longest_backoff{5'000};
};

// Has a thread of its own. Keeps the order of the feed, never splits a transaction, and sends the
// same again until it is acknowledged.
class Sender {
 public:
  // advanced is called on the sender's thread after each acknowledgement; it only hands over.
  Sender(store::Store &store, Peer peer, std::unique_ptr<Channel> channel, SenderOptions options,
         std::function<void()> advanced);
  ~Sender();  // keeps the cursor
  Sender(const Sender &) = delete;
  Sender &operator=(const Sender &) = delete;

  // The record that a peer's cursor is kept in.
  static std::string record_of(const std::string &peer_id) {
    return "replication.cursor." + peer_id;
  }

  // [any thread]
  const Peer &peer() const { return peer_; }
  PeerStatus status() const NAVISTORE_EXCLUDES(mutex_);
  // The revision up to which the peer has everything; nothing while it needs a full resync.
  std::optional<uint64_t> acknowledged() const NAVISTORE_EXCLUDES(mutex_);
  // What must not be trimmed from the feed; UINT64_MAX: the peer does not follow it.
  uint64_t wants_after() const NAVISTORE_EXCLUDES(mutex_);
  void resync() NAVISTORE_EXCLUDES(mutex_);  // all over again; a refused peer is accepted again

 private:
  using Clock = Wakeup::Clock;
  // The first part of a full resync: items that are older than what the feed still has, in pages.
  // The rest follows by the feed, in order and in whole transactions.
  struct Scan {
    uint64_t epoch = 0;
    uint64_t through = 0;  // items of later revisions are left to the feed
    std::string after;     // the last key that the peer acknowledged
  };
  struct Page;
  using Deleted = std::unordered_set<std::string_view>;  // keys; borrows the notices' bytes

  void run();
  Outcome turn();
  Outcome load_cursor();
  Outcome begin_scan();
  Outcome send_page();
  Result<Page> read_page(const Scan &scan);
  Outcome finish_scan();
  Outcome send_changes(uint64_t from);
  Outcome deliver_changes(const std::vector<store::Notice> &notices, uint64_t after,
                          uint64_t through);
  Outcome send_idle(const store::Watcher::Taken &taken);
  Outcome end_watch(store::Watcher::State state);
  Outcome deliver(ChangeBatch &batch) NAVISTORE_EXCLUDES(mutex_);  // names the peer's epoch in it
  ChangeBatch empty_batch() const;
  Result<Deleted> deleted_unseen(const std::vector<store::Notice> &notices) const;
  ChangeBatch batch_of(const std::vector<store::Notice> &notices, const Deleted &gone) const;
  bool forgotten() const;  // not heard of for longer than deletes are kept
  void advance(uint64_t revision) NAVISTORE_EXCLUDES(mutex_);
  void keep_cursor();
  bool is_kept() const NAVISTORE_REQUIRES(mutex_);  // but for the time of the last acknowledgement
  void fail(const Error &error) NAVISTORE_EXCLUDES(mutex_);
  void set_state(PeerState state) NAVISTORE_EXCLUDES(mutex_);
  bool take_resync_order() NAVISTORE_EXCLUDES(mutex_);

  store::Store &store_;
  const Peer peer_;
  const std::unique_ptr<Channel> channel_;
  const SenderOptions options_;
  const std::function<void()> advanced_;
  Wakeup wakeup_;  // when there is something new, or a resync was ordered

  // The thread's own.
  enum class Loaded : uint8_t { kNo, kYes } loaded_ = Loaded::kNo;
  std::unique_ptr<Scan> scan_;
  uint64_t resynced_at_ = 0;   // a resync is done when the cursor is there
  Clock::time_point heard_{};  // the last acknowledgement
  Clock::time_point kept_{};   // when the cursor was kept
  Cursor kept_cursor_;
  std::minstd_rand random_;

  mutable Mutex mutex_;
  bool resync_ordered_ NAVISTORE_GUARDED_BY(mutex_) = false;
  Cursor cursor_ NAVISTORE_GUARDED_BY(mutex_);  // written by the thread alone
  // Of the feed, while there is no cursor: everything until it was read, later what a scan leaves.
  uint64_t holds_after_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  PeerStatus status_ NAVISTORE_GUARDED_BY(mutex_);

  Withheld withheld_;
  std::unique_ptr<store::Feed::Registration> listening_;  // tells withheld_ of commits
  std::unique_ptr<store::Watcher> watcher_;               // its callback uses what is above
  std::thread thread_;
};

}  // namespace navistore::replication
