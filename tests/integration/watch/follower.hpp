// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/integration/watch/journal.hpp"
#include "tests/support/event_stream.hpp"

namespace navistore::test {

// A watcher as a careful client is one: it keeps the last id, drops what came after it when it is
// cut, and resumes there. It disconnects by itself at random, also within transactions.
class Follower {
 public:
  enum class Begin : uint8_t { kAtCursor, kWithState };
  Follower(Wanted wanted, std::string cursor, Begin begin, unsigned seed);

  // Watches until it has everything up to the revision that goal holds (0: not known yet). opened
  // is the revision at which the server that runs now was started.
  void run(uint16_t port, const std::atomic<uint64_t> &opened, const std::atomic<uint64_t> &goal);

  const Wanted &wanted() const { return wanted_; }
  const std::vector<Stretch> &stretches() const { return stretches_; }
  const std::string &trouble() const { return trouble_; }
  std::string contents() const;  // "key=value\n" of what it believes to be there
  int cuts_within_transactions() const { return cuts_; }

 private:
  enum class After : uint8_t { kGoOn, kDisconnect };
  void watch(uint16_t port, uint64_t opened, const std::atomic<uint64_t> &goal);
  After take(const StreamEvent &event);
  void settle(uint64_t cursor);
  void apply(const SeenChange &change);
  bool wants_to_leave();

  const Wanted wanted_;
  const Begin begin_;
  std::string cursor_;    // the last id; empty: none yet
  uint64_t reached_ = 0;  // its revision
  std::mt19937 random_;
  std::vector<Stretch> stretches_;
  std::vector<SeenChange> pending_;  // since the last id
  std::map<std::string, std::string> state_;
  std::string trouble_;
  int cuts_ = 0;
};

}  // namespace navistore::test
