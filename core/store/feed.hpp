// SPDX-License-Identifier: Apache-2.0
// Committed changes in revision order, for whoever waits: blocking reads, watchers, replication.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace navistore::store {

struct Event {  // one change; immutable and shared by all who watch it
  // kBury: a tombstone was put where nothing was that could be seen. Peers need it, nobody else.
  enum class Kind : uint8_t { kPut, kDelete, kExpire, kClear, kBury } kind = Kind::kPut;
  std::string key;
  std::string value;
  std::string meta;  // encoded, see item.hpp
  uint64_t revision = 0;
  uint64_t expires_ms = 0;
  enum class Place : uint8_t {
    kInside,
    kLast
  } place = Place::kLast;  // kLast: last of its transaction
};

// What somebody watches: exactly one key, or all keys with a prefix (empty: every key).
struct Interest {
  enum class Kind : uint8_t { kKey, kPrefix } kind = Kind::kKey;
  std::string text;
  enum class Burials : uint8_t { kHidden, kShown } burials = Burials::kHidden;
};

// An event as one watcher gets it. place tells whether it is the last of its transaction among
// those that the watcher cares for.
struct Notice {
  std::shared_ptr<const Event> event;
  Event::Place place = Event::Place::kLast;
};

// Every change after a cursor that touches an interest, in revision order, each exactly once.
class Watcher {
 public:
  // kOpen: more may come. kOverflow: the queue was full, what is after the cursor was not kept.
  // kCursorGone: the changes after the cursor cannot be had any more. kReset: the store was reset
  // at the cursor's revision, what came before is of a past epoch. kClosed: the store closes, or
  // the backend failed; resume later.
  enum class State : uint8_t { kOpen, kOverflow, kCursorGone, kReset, kClosed };
  struct Taken {
    std::vector<Notice> notices;  // whole transactions
    uint64_t cursor = 0;          // resuming after this revision repeats none and misses none
    State state = State::kOpen;   // not kOpen: nothing comes after these notices
    enum class Rest : uint8_t { kNone, kMore } rest = Rest::kNone;  // kMore: call again
    // kUnknown: it is still being looked up whether the changes after `since` can be had.
    enum class Start : uint8_t { kUnknown, kFound } start = Start::kFound;
  };
  virtual ~Watcher() = default;  // ready does not run any more when it returns
  // At most this many notices, and bytes of their keys, values and metas, but at least one whole
  // transaction. Never blocks; from one thread at a time. Empty with an advancing cursor while
  // nothing happens.
  virtual Taken take(size_t max_notices, size_t max_bytes) = 0;
  Taken take(size_t max_notices) { return take(max_notices, SIZE_MAX); }
};

struct WatchOptions {
  Interest interest;
  uint64_t since = 0;                         // only changes after this revision
  size_t max_queued = 1'024;                  // notices; live changes past it overflow
  size_t max_queued_bytes = size_t{4} << 20;  // of keys, values and metas
};

class Feed {
 public:
  virtual ~Feed() = default;
  // Keeps a registration alive; destroying it ends it: no callback runs after the destructor
  // returned (so never destroy it under a lock that the callback takes).
  class Registration {
   public:
    virtual ~Registration() = default;
  };
  // Calls changed(revision), on a thread of the store or of who commits, for each transaction after
  // the call that touches the interest, and after a reset; the callback only hands over to another
  // thread, by way of WakeLater.
  virtual std::unique_ptr<Registration> on_change(
      Interest interest, std::function<void(uint64_t revision)> changed) = 0;
  // The first take() comes unasked. After a take() that left nothing, ready() is called once, on a
  // thread of the store, when there is something again (also a state that is not kOpen, or the news
  // that the start was found). The callback only hands over. The watcher is destroyed before the
  // store.
  virtual std::unique_ptr<Watcher> watch(WatchOptions options, std::function<void()> ready) = 0;
  // A revision that is not below that of any change under the prefix seen since the feed started,
  // and changes only when there is such a change: the newest of them, else the feed's start. Once
  // the last change of a prefix has left the bounded ring, and the prefix is asked for first or
  // again after more than 16 MiB of others, it may be larger and rise without a change, but is
  // never above the newest change that has left the ring. On a store that is not SHARED it includes
  // every commit that was answered. Burials are no changes here.
  virtual uint64_t newest_under(std::string_view prefix) const = 0;
  // The newest commit that newest_under() knows of; no answered one is newer, unless the store is
  // SHARED.
  virtual uint64_t newest() const = 0;
  // Every change after this revision is in memory, so that a watcher can start there at least.
  virtual uint64_t oldest() const = 0;
  // Every change up to this revision is included in newest_under() and was handed to on_change
  // callbacks registered before it.
  virtual uint64_t position() const = 0;
};

}  // namespace navistore::store
