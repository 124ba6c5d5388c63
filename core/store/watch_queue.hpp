// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "core/mutex.hpp"
#include "core/store/callback.hpp"
#include "core/store/listeners.hpp"

namespace navistore::store {

// The bounded queue of one watcher. It is filled first by who catches up for it (one thread at a
// time), later, live, by whoever tells the feed's listeners.
class WatchQueue final : public Listener {
 public:
  enum class Phase : uint8_t { kCatchingUp, kPaused, kLive };

  // resets: of the feed when the watcher began, which none may outlive.
  WatchQueue(WatchOptions options, std::function<void()> ready, uint64_t resets)
      : Listener(std::move(options.interest)),
        max_(options.max_queued),
        max_bytes_(options.max_queued_bytes),
        resets_(resets),
        ready_(std::move(ready)),
        position_(options.since) {}

  void committed(const CommitPtr &commit) override;  // live
  void broken(Break why, uint64_t revision) override { end(state_after(why), revision); }

  // Catching up: queues what concerns the watcher; all up to `through` has then been seen. Tells
  // nobody, so it may be called under a lock; announce() follows.
  void fill(const std::vector<CommitPtr> &commits, uint64_t through) NAVISTORE_EXCLUDES(mutex_);
  void announce() NAVISTORE_EXCLUDES(mutex_);
  uint64_t position() const NAVISTORE_EXCLUDES(mutex_);
  bool ended() const NAVISTORE_EXCLUDES(mutex_);
  // True: the queue is full, and a take() that makes room will say kCatchingUp again.
  bool pause_if_full() NAVISTORE_EXCLUDES(mutex_);
  void go_live() NAVISTORE_EXCLUDES(mutex_);
  void end(Watcher::State state, uint64_t revision);

  uint64_t resets() const { return resets_; }
  Phase phase() const NAVISTORE_EXCLUDES(mutex_);
  // seen: all up to it was queued already if the watcher was live. resume is set when the one who
  // catches up paused and there is room again.
  struct Extent {
    size_t notices = 0, bytes = 0;
  };
  Watcher::Taken take(Extent most, uint64_t seen, bool &resume) NAVISTORE_EXCLUDES(mutex_);
  void close() { ready_.close(); }

 private:
  using Start = Watcher::Taken::Start;
  static Watcher::State state_after(Break why);
  void push(const CommitPtr &commit) NAVISTORE_REQUIRES(mutex_);
  bool full() const NAVISTORE_REQUIRES(mutex_) {
    return queue_.size() >= max_ || bytes_ >= max_bytes_;
  }
  bool must_tell() NAVISTORE_REQUIRES(mutex_);
  Extent first_transaction() const NAVISTORE_REQUIRES(mutex_);
  void found() NAVISTORE_REQUIRES(mutex_);  // what is after the cursor can be had

  const size_t max_;
  const size_t max_bytes_;
  const uint64_t resets_;
  Callback<> ready_;
  mutable Mutex mutex_;
  std::deque<Notice> queue_ NAVISTORE_GUARDED_BY(mutex_);
  size_t bytes_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  uint64_t position_ NAVISTORE_GUARDED_BY(mutex_);  // all up to it was looked at
  Watcher::State state_ NAVISTORE_GUARDED_BY(mutex_) = Watcher::State::kOpen;
  Phase phase_ NAVISTORE_GUARDED_BY(mutex_) = Phase::kCatchingUp;
  Start start_ NAVISTORE_GUARDED_BY(mutex_) = Start::kUnknown;
  bool start_is_news_ NAVISTORE_GUARDED_BY(mutex_) = false;  // found since the last take()
  // ready was called since a take() that left nothing; the first take() comes unasked
  bool told_ NAVISTORE_GUARDED_BY(mutex_) = true;
};

}  // namespace navistore::store
