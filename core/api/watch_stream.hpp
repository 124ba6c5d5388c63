// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "core/api/detached.hpp"
#include "core/api/wait_room.hpp"
#include "core/api/watch_query.hpp"
#include "core/api/watch_scan.hpp"
#include "core/api/watch_subscription.hpp"
#include "core/api/watch_text.hpp"

namespace navistore::api {

// One stream of events. All members run in turn of Shared::watches, but for read_page().
// The head is sent once it is known that the cursor can be resumed. Nothing is taken from the
// watcher while the client's output is full, so that its bounded queue overflows, not memory.
class WatchStream final : public WaitRoom::Guest, public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(std::shared_ptr<Detached> job, WatchQuery query, const WatchStart &start);

  void start();
  void wake() override { pump(); }

 private:
  enum class Phase : uint8_t {
    kProving,   // no answer yet
    kScanning,  // shows the items that are there
    kMerging,   // follows from the first page's state to the last one's
    kLive,
    kOver,
  };
  using Clock = WaitRoom::Clock;
  using State = store::Watcher::State;
  using Taken = Subscription::Taken;

  WaitRoom &room() const { return shared_.watches; }
  template <class Member>
  WaitRoom::Task task(Member member);  // that does nothing once the stream is gone
  void follow(Version after);
  void pump();
  void begin();
  void show(const Taken &taken);
  void show_live(const std::vector<store::Notice> &notices);
  void merge(const Taken &taken);
  void conclude(const Taken &taken);
  void lose();  // what is after the cursor cannot be had
  void scan();
  void request_page();
  void read_page();  // [reader pool]
  void page_read(const Outcome &outcome);
  void say(Mark mark, WatchText::Cursor cursor);
  void write(std::string text);
  void write(http::SharedText text);
  void progress();
  void schedule_progress(Clock::time_point when);
  void gone(http::Responder::Gone how);
  void drain();
  void finish();
  void leave();

  Shared &shared_;
  const WatchQuery query_;
  WatchStart start_;
  std::shared_ptr<Detached> job_;  // until the answer began
  std::shared_ptr<http::Stream> stream_;
  std::optional<WatchText> text_;  // of the epoch that is followed
  std::unique_ptr<WatchScan> scan_;
  std::string page_;  // of the scan, as text
  std::unique_ptr<Subscription> subscription_;
  std::optional<WaitRoom::TimerKey> progress_timer_;
  Clock::time_point spoke_;  // when something was written last
  uint64_t cursor_ = 0;      // of all that was written
  Phase phase_ = Phase::kProving;
  enum class Page : uint8_t { kNone, kRequested } requested_ = Page::kNone;
  std::atomic<bool> closed_{false};  // the connection is gone
};

}  // namespace navistore::api
