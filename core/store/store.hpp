// SPDX-License-Identifier: Apache-2.0
// The store: the only caller of a backend's vtables. Knows keys and values, no HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/function_ref.hpp"
#include "core/host/backend.hpp"
#include "core/result.hpp"
#include "core/store/feed.hpp"
#include "core/store/item.hpp"
#include "core/store/metrics.hpp"
#include "core/store/options.hpp"
#include "core/store/transaction.hpp"

namespace navistore::store {

enum class Values : uint8_t { kWith, kWithout };
enum class Tombstones : uint8_t { kHidden, kShown };
enum class Order : uint8_t { kAscending, kDescending };
enum class Bound : uint8_t { kInclusive, kExclusive };

struct ScanQuery {
  std::string_view start;  // first key of the range
  std::string_view end;    // first key past the range; empty: no end
  Bound start_bound =
      Bound::kInclusive;  // kExclusive: start is the last key seen (descending: end is)
  Order order = Order::kAscending;
  Values values = Values::kWithout;
  Tombstones tombstones = Tombstones::kHidden;
  uint64_t max_items = 0;  // 0: no limit
  uint64_t max_bytes = 0;
};
struct ScanEnd {
  uint64_t revision = 0;  // the one state that the page shows
  enum class Rest : uint8_t { kComplete, kMore } rest = Rest::kComplete;
};
struct StoreStats {
  // oldest_change: the oldest revision that the feed can still give, after the newest one where the
  // store was reset and not written to; 0: it may give none from before it started.
  uint64_t items = 0, bytes = 0, revision = 0, durable_revision = 0, oldest_change = 0,
           next_expiry_ms = 0;
};
// What a look for items that are due and were not removed yet came to.
struct Due {
  // kMore: none up to last_key, behind which to go on.
  enum class Found : uint8_t { kNone, kSome, kMore } found = Found::kNone;
  std::string last_key;
};
using Visitor = FunctionRef<bool(size_t index, const ItemView &item)>;  // false: stop
struct ReadAnswer {
  struct Found {
    size_t index = 0;  // of its key
    Item item;
  };
  uint64_t revision = 0;     // the one state that all are from
  std::vector<Found> items;  // those that are there, in any order
};

// Writes of a range delete, alone in the commit queue: nothing of this server is committed in
// between.
class ExclusiveWriter {
 public:
  virtual ~ExclusiveWriter() = default;
  virtual Result<ScanEnd> scan(const ScanQuery &query, Visitor visit) = 0;
  virtual CommitResult commit(const Transaction &transaction) = 0;
};

class Store {
 public:
  // Opens the backend's store and reads or makes the epoch. kBusy, kCorrupt, kIncompatible,
  // kDenied: see the message.
  static Result<std::unique_ptr<Store>> open(host::Backend backend, StoreOptions options);
  virtual ~Store() = default;  // stops the threads, finishes what was queued, closes the backend

  // [any thread] facts that never change, and the state now
  virtual const Facts &facts() const = 0;
  virtual const host::Backend &backend() const = 0;
  virtual uint64_t epoch() const = 0;
  virtual uint64_t revision() const = 0;  // newest that this server knows
  virtual uint64_t now_ms() const = 0;
  virtual Outcome healthy() const = 0;  // kUnavailable while the backend is being reopened
  virtual Metrics metrics() const = 0;  // of the write path

  // Expired items and tombstones are never visited by a read, scan or ExclusiveWriter::scan.
  // Reads keys on this thread; all from one revision, which is returned. The visitor is called for
  // those that are there, in any order, and must not call the store. Blocks: not on an event loop.
  virtual Result<uint64_t> read(const std::string_view *keys, size_t count, Values values,
                                Visitor visit) = 0;
  // The same on an event loop, only if reads_inline(count). Nothing: the values are more than 1 MiB
  // together, so that what was visited is void and the keys are to be read later.
  virtual bool reads_inline(size_t keys) const = 0;
  virtual Result<std::optional<uint64_t>> read_inline(const std::string_view *keys, size_t count,
                                                      Values values, Visitor visit) = 0;
  // The same on a reader thread, in one call of the backend with what others wait for. done is
  // called exactly once: there, or on this thread before the return when too much waits (kBusy).
  using ReadCallback = std::function<void(Result<ReadAnswer>)>;
  virtual void read_later(std::vector<std::string> keys, Values values, ReadCallback done) = 0;
  // One page of a range: one state. Blocks: reader pool only.
  virtual Result<ScanEnd> scan(const ScanQuery &query, Visitor visit) = 0;
  virtual Result<StoreStats> stats() = 0;  // blocks: reader pool only
  // Looks at one page of a range for an item that is due and was not removed yet: one whose expiry
  // feed().newest_under() does not tell of. Costs next to nothing when nothing at all is due. Of
  // the query it minds the start and the end. Blocks: reader pool only.
  virtual Result<Due> find_due(const ScanQuery &range) = 0;
  // Runs a task on a reader thread; kBusy when too much waits.
  virtual Outcome on_reader_pool(std::function<void()> task) = 0;

  // Commits in one group with whatever else waits. done is called exactly once: on this thread
  // before the return (FAST_WRITES), or on the committer thread.
  using CommitCallback = std::function<void(CommitResult)>;
  virtual void submit(Transaction transaction, CommitCallback done) = 0;
  virtual void submit_exclusive(std::function<void(ExclusiveWriter &)> work,
                                std::function<void(Error)> refused) = 0;
  virtual void reset(
      std::function<void(Result<uint64_t>)> done) = 0;  // wipes the store; a new epoch
  virtual void compact(std::function<void(Outcome)> done) = 0;

  // Calls wake() once on the timer thread at that time (Unix, ms) or a little later. Destroying the
  // alarm ends it: wake does not run any more when the destructor returned. It only hands over.
  class Alarm {
   public:
    virtual ~Alarm() = default;
  };
  virtual std::unique_ptr<Alarm> wake_at(uint64_t time_ms, std::function<void()> wake) = 0;

  virtual Feed &feed() = 0;

  // Replication: from start_replicating() on, for ever, deletes are kept as tombstones and copies
  // are taken. Until it returned ok it may be off; it blocks until that is on stable storage.
  virtual bool replicating() const = 0;
  // Deletes up to this revision may have left no tombstone; meaningless while it is off.
  virtual uint64_t replicating_since() const = 0;
  virtual Outcome start_replicating() = 0;
  virtual uint64_t node() const = 0;  // of this server, in its stamps
  // Small records of this server beside the items; both block. Empty: there is none.
  virtual Result<std::string> record(const std::string &name) = 0;
  virtual Outcome keep_record(const std::string &name, std::string value) = 0;
  // Changes after this revision are kept, up to twice the history. UINT64_MAX: none is wanted.
  virtual void keep_history_after(uint64_t revision) = 0;
};

}  // namespace navistore::store
