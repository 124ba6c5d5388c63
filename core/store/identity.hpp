// SPDX-License-Identifier: Apache-2.0
// Who this store is to its clients and peers: the epoch of its revisions and the node id.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/store/clock.hpp"
#include "core/store/high_water.hpp"
#include "core/store/records.hpp"

namespace navistore::store {

// Changed by one thread at a time (the one that opens, then the committer); epoch() by any.
class Identity {
 public:
  enum class Keeps : uint8_t { kAll, kNothing };  // does the backend keep items over a close?

  // state_dir may be empty: then nothing is kept there.
  Identity(std::string state_dir, std::string ns)
      : state_dir_(std::move(state_dir)), ns_(std::move(ns)) {}

  // Reads or makes epoch, node id and clock bound for a store that was just opened and is at this
  // revision. `system` is its records namespace, null when the backend keeps nothing.
  Outcome load(BackendStore *system, uint64_t revision);
  // An epoch that is kept by now, and not yet shown: a fresh one; the one that the last server to
  // make one left.
  Result<uint64_t> make_epoch();
  Result<uint64_t> kept_epoch();
  // That the changes of the epoch are those after this revision. Kept only where the backend keeps
  // its items; never lowered, since several servers may reset a store at once.
  Outcome keep_beginning(uint64_t revision);
  Result<uint64_t> kept_beginning();                 // 0: there is none
  uint64_t beginning() const { return beginning_; }  // that was kept when it was loaded
  void show_epoch(uint64_t epoch) { epoch_.store(epoch, std::memory_order_release); }  // [any]

  uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  // True when a batch that may reach this revision can be stamped and answered at once.
  bool covers(uint64_t revision, uint64_t now_ms) const;
  // Makes it so: writes what has to be on stable storage ahead of it.
  Outcome cover(uint64_t revision, uint64_t now_ms);
  void answering(uint64_t revision) {
    if (high_water_) high_water_->note(revision);
  }
  Outcome close_at(uint64_t revision);

  Clock &clock() { return clock_; }
  uint64_t node() const { return node_.load(std::memory_order_relaxed); }

  // Small records of other rooms. kStore: seen by every server of a SHARED store.
  enum class Whose : uint8_t { kStore, kServer };
  Result<std::string> record(Whose whose, const std::string &name);  // empty: there is none
  Outcome keep_record(Whose whose, const std::string &name, const std::string &value);

 private:
  Records *records_of(Whose whose);
  Outcome load_epoch(uint64_t revision);
  Outcome load_node();
  Outcome put_epoch(uint64_t expected_revision);

  const std::string state_dir_;
  const std::string ns_;
  std::unique_ptr<Records> records_;  // of the store: the epoch; null: nothing is kept
  std::unique_ptr<Records> own_;      // of this server: node id and clock; null: nothing is kept
  std::unique_ptr<HighWater> high_water_;
  Clock clock_;
  std::atomic<uint64_t> node_{0};
  std::map<std::string, std::string> unkept_;  // records of a server that keeps nothing
  std::atomic<uint64_t> epoch_{0};
  uint64_t beginning_ = 0;
  Keeps keeps_ = Keeps::kNothing;
};

}  // namespace navistore::store
