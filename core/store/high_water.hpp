// SPDX-License-Identifier: Apache-2.0
// How far a store's revisions had come when this server last answered, kept outside of the store:
// a store found below it was restored or has lost data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace navistore::store {

// A small file, mapped. It holds two figures: the newest answered revision, which is exact as long
// as the machine runs (the page cache outlives a killed process), and a mark ahead of all answers,
// on stable storage, which decides after a crash of the machine.
// Not thread-safe, but for note(): one thread at a time.
class HighWater {
 public:
  static constexpr uint64_t kStep = 65'536;

  // Makes the directory and the file if they are missing. kIo, kNoSpace, kDenied.
  static Result<std::unique_ptr<HighWater>> open(const std::string &directory,
                                                 const std::string &ns);
  ~HighWater();
  HighWater(const HighWater &) = delete;
  HighWater &operator=(const HighWater &) = delete;

  // Whether a store that is now at this revision has every revision that was ever answered.
  bool reached_by(uint64_t revision) const;
  // Forgets the past: the store is at this revision and that is right.
  Outcome restart(uint64_t revision);
  // True when the mark is ahead of this revision, so that it may be answered.
  bool covers(uint64_t revision) const;
  Outcome advance(uint64_t revision);  // puts the mark a step ahead, durably
  void note(uint64_t revision);        // before it is answered; costs a store to memory
  // The server stops in good order: the mark becomes exact.
  Outcome close_at(uint64_t revision);

 private:
  struct Page;
  HighWater() = default;
  Outcome write_mark(uint64_t mark);

  Page *page_ = nullptr;
  bool same_boot_ = false;
};

}  // namespace navistore::store
