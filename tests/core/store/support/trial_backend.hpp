// SPDX-License-Identifier: Apache-2.0
// A small, correct backend inside the test program, whose capabilities a test chooses and whose
// calls it can hold, fail and watch.
#pragma once

#include <navistore/backend.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/host/backend.hpp"
#include "core/mutex.hpp"

namespace navistore::store::testing {

// One namespace as it lies on the "disk": it outlives the stores that are opened on it.
struct TrialDisk {
  struct Item {
    std::string value, meta;
    uint64_t revision = 0, expires_ms = 0;
  };
  struct Change {
    std::string key;
    Item item;
    uint32_t kind = 0, flags = 0;
  };
  std::map<std::string, Item> items;
  std::vector<Change> changes;  // every one, in order
  uint64_t revision = 0;
  uint64_t trimmed = 0;  // changes up to it are gone
};

// The switches and the disk of all trial stores; one exists at a time.
class Trial {
 public:
  explicit Trial(uint64_t capabilities);
  ~Trial();
  Trial(const Trial &) = delete;
  Trial &operator=(const Trial &) = delete;

  enum class Offers : uint8_t { kEverything, kNoUpkeep, kNoBell, kStoreOnly };
  static host::Backend backend(Offers offers = Offers::kEverything);

  // As a server does that was not seen to clear anything.
  void write_epoch(const std::string &epoch) NAVISTORE_EXCLUDES(mutex);

  uint64_t capabilities;
  uint64_t max_batch = 0;

  Mutex mutex;  // guards the rest, and every call of every trial store
  navistore::Condition changed;
  std::map<std::string, TrialDisk> disks NAVISTORE_GUARDED_BY(mutex);
  std::vector<size_t> batches NAVISTORE_GUARDED_BY(mutex);  // sizes, of `default` alone
  uint64_t durable_batches NAVISTORE_GUARDED_BY(mutex) = 0;
  bool held NAVISTORE_GUARDED_BY(mutex) = false;  // apply() on `default` waits while it is set
  unsigned waiting NAVISTORE_GUARDED_BY(mutex) = 0;
  // What the next apply() on `failing` but `next_after` answers instead of OK; `effect` says
  // whether it commits all the same.
  std::string failing NAVISTORE_GUARDED_BY(mutex) = "default";
  unsigned next_after NAVISTORE_GUARDED_BY(mutex) = 0;
  navi_status next_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;
  enum class Effect : uint8_t {
    kNone,
    kCommits
  } effect NAVISTORE_GUARDED_BY(mutex) = Effect::kNone;
  navi_status open_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;  // of open() while it is set
  // What these answer instead of OK.
  navi_status read_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;  // of read() and scan()
  navi_status changes_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;
  navi_status compact_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;
  navi_status trim_status NAVISTORE_GUARDED_BY(mutex) = NAVI_OK;
  unsigned open_calls NAVISTORE_GUARDED_BY(mutex) = 0;   // also those that failed
  unsigned opened NAVISTORE_GUARDED_BY(mutex) = 0;       // stores on `default`
  unsigned overlapping NAVISTORE_GUARDED_BY(mutex) = 0;  // calls inside, now
  unsigned max_overlapping NAVISTORE_GUARDED_BY(mutex) = 0;
  // Runs once, just before the next apply() on `meddled` judges its transactions.
  std::function<void(TrialDisk &)> meddle NAVISTORE_GUARDED_BY(mutex);
  // Runs at the beginning of each scan() on `default`.
  std::function<void(TrialDisk &)> before_scan NAVISTORE_GUARDED_BY(mutex);
  std::string meddled NAVISTORE_GUARDED_BY(mutex) = "default";
  bool clears_held NAVISTORE_GUARDED_BY(mutex) = false;  // clear() waits, when it is done
  // Up to where each store on `default` was asked for changes.
  std::map<const void *, uint64_t> tails NAVISTORE_GUARDED_BY(mutex);
  bool reads_held NAVISTORE_GUARDED_BY(mutex) = false;  // read() on `default` waits while it is set
  std::vector<size_t> reads NAVISTORE_GUARDED_BY(mutex);  // keys of each read() on `default`
  unsigned purges NAVISTORE_GUARDED_BY(mutex) = 0;        // calls of purge() and of stats()
  unsigned looks NAVISTORE_GUARDED_BY(mutex) = 0;
  std::function<void()> before_purge NAVISTORE_GUARDED_BY(mutex);  // runs unlocked
  // What open() on `default` says to the host's log.
  std::vector<std::pair<int32_t, std::string>> says NAVISTORE_GUARDED_BY(mutex);
  // The armed bells, by the namespace of the store.
  struct Bell {
    void (*ring)(void *) noexcept;
    void *context;
  };
  std::map<const void *, std::pair<std::string, Bell>> bells NAVISTORE_GUARDED_BY(mutex);
};

}  // namespace navistore::store::testing
