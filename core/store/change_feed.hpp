// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/function_ref.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"
#include "core/store/commit_ring.hpp"
#include "core/store/doorbell.hpp"
#include "core/store/feed.hpp"
#include "core/store/history.hpp"
#include "core/store/listeners.hpp"
#include "core/store/prefix_revisions.hpp"
#include "core/store/watch_queue.hpp"
#include "core/wake_later.hpp"

namespace navistore::store {

// The feed of one store. Who commits appends. Listeners are told by who committed, at the end of
// its WakeLater, where they are few, else by the feed thread. A commit that nobody waits for wakes
// nobody.
class ChangeFeed final : public Feed {
 public:
  struct Options {
    CommitRing::Limits ring;
    size_t max_prefix_bytes = size_t{16} << 20;  // of prefixes whose newest change is remembered
  };
  struct Sources {
    // Reads commits older than the ring; kCompacted or kUnsupported when they cannot be had.
    std::function<Result<HistoryPage>(uint64_t after, HistoryLimits limits)> history;
    // Runs a task on a thread that may block.
    std::function<void(std::function<void()>)> post;
    // Appends what other servers committed; runs on the feed thread after the bell rang.
    std::function<void()> pull;
  };

  ChangeFeed(uint64_t start, Options options, Sources sources);
  ~ChangeFeed() override;  // no watcher or registration is left, nothing posted runs any more
  void start();            // starts the feed thread
  // Tells every listener that the store closes, and stops the feed thread.
  void stop() NAVISTORE_EXCLUDES(mutex_);

  // [any thread] Ignores a commit that is not newer than all before. Listeners are told by way of
  // WakeLater.
  void append(CommitPtr commit) NAVISTORE_EXCLUDES(mutex_);
  // Nothing that is shown happened from what was appended last up to this revision.
  void skip_to(uint64_t revision) NAVISTORE_EXCLUDES(mutex_);
  // Everything known is void, and so is every cursor up to this revision when the store was reset.
  // Whoever listens now is told; who comes later is not. `meanwhile` runs in between, so nobody
  // who saw its effect is told.
  void restart(
      uint64_t revision, Break why, FunctionRef<void()> meanwhile = [] {})
      NAVISTORE_EXCLUDES(mutex_);
  // Changes up to this revision are of a past epoch: who asks for them from now on is told kReset,
  // wherever they may still be found.
  void begin_after(uint64_t revision) NAVISTORE_EXCLUDES(mutex_);
  uint64_t beginning() const NAVISTORE_EXCLUDES(mutex_);
  // Asks for a pull. [any thread] Takes no lock.
  void ring_bell() noexcept {
    pull_wanted_.store(true);
    doorbell_.ring();
  }

  std::unique_ptr<Registration> on_change(Interest interest,
                                          std::function<void(uint64_t)> changed) override;
  std::unique_ptr<Watcher> watch(WatchOptions options, std::function<void()> ready) override;
  uint64_t newest_under(std::string_view prefix) const override NAVISTORE_EXCLUDES(mutex_);
  uint64_t newest() const override NAVISTORE_EXCLUDES(mutex_);
  uint64_t oldest() const override NAVISTORE_EXCLUDES(mutex_);
  uint64_t position() const override NAVISTORE_EXCLUDES(mutex_);

  // For the handles that on_change() and watch() give out.
  void remove(const ListenerPtr &listener) NAVISTORE_EXCLUDES(mutex_);
  void resume(std::shared_ptr<WatchQueue> queue);

 private:
  struct Delivery {
    CommitPtr commit;  // null: broken
    Break why = Break::kLost;
    uint64_t revision = 0;
    std::vector<ListenerPtr> to;
  };

  class Bell;
  void run();
  uint64_t resets() const NAVISTORE_EXCLUDES(mutex_);
  void break_all(Break why, uint64_t revision) NAVISTORE_REQUIRES(mutex_);
  // Tells some of what there is. False: nothing is left to tell. [feed thread]
  bool dispatch() NAVISTORE_EXCLUDES(mutex_);
  // Tells what there is if it is little, else rings the doorbell.
  void dispatch_few() NAVISTORE_EXCLUDES(mutex_);
  std::vector<Delivery> untold(size_t most) const NAVISTORE_REQUIRES(mutex_);  // commits
  std::vector<Delivery> collect() NAVISTORE_REQUIRES(mutex_);
  bool collect_few(std::vector<Delivery> &deliveries) NAVISTORE_REQUIRES(mutex_);
  // Between the two lies the turn of the one who tells. The second returns what dispatch() does.
  uint64_t begin_turn(const std::vector<Delivery> &deliveries) NAVISTORE_REQUIRES(mutex_);
  bool end_turn(uint64_t through) NAVISTORE_EXCLUDES(mutex_);
  static void tell(const std::vector<Delivery> &deliveries);
  void catch_up(const std::shared_ptr<WatchQueue> &queue);
  // At which revision the store was reset after all that the watcher has seen.
  std::optional<uint64_t> reset_after(const WatchQueue &queue) const NAVISTORE_REQUIRES(mutex_);
  // A page of the history comes to the watcher, unless it is of a past epoch.
  void take_page(const std::shared_ptr<WatchQueue> &queue, const HistoryPage &page)
      NAVISTORE_EXCLUDES(mutex_);
  enum class Joined { kLive, kNotYet, kTooOld, kEnded };
  Joined join(const std::shared_ptr<WatchQueue> &queue) NAVISTORE_EXCLUDES(mutex_);
  Joined fill_from_ring(const std::shared_ptr<WatchQueue> &queue) NAVISTORE_REQUIRES(mutex_);

  const Sources sources_;
  const std::shared_ptr<Sleeper> bell_;
  Doorbell doorbell_;
  std::atomic<bool> pull_wanted_{false};
  std::atomic<bool> stopping_{false};

  mutable Mutex mutex_;
  CommitRing ring_ NAVISTORE_GUARDED_BY(mutex_);
  mutable PrefixRevisions prefixes_ NAVISTORE_GUARDED_BY(mutex_);
  Listeners listeners_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t start_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t beginning_ NAVISTORE_GUARDED_BY(mutex_) = 0;  // of the epoch
  uint64_t dispatched_ NAVISTORE_GUARDED_BY(mutex_);     // all up to it was told
  bool wanted_ NAVISTORE_GUARDED_BY(mutex_) = false;     // there is something to tell
  enum class Turn : uint8_t { kFree, kTaken } turn_ NAVISTORE_GUARDED_BY(mutex_) = Turn::kFree;
  Condition turn_freed_;
  // And first of all, that commits are missing, to those who listened then.
  std::vector<Delivery> breaks_ NAVISTORE_GUARDED_BY(mutex_);
  uint64_t resets_ NAVISTORE_GUARDED_BY(mutex_) = 0;  // a watcher does not outlive one

  std::thread thread_;
};

}  // namespace navistore::store
