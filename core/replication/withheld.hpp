// SPDX-License-Identifier: Apache-2.0
// Since when a peer lacks what it lacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/mutex.hpp"

namespace navistore::replication {

// When the changes that a peer may lack were committed. Of many only some are marked: what is told
// is never too late, and too early by 10 ms at most or by a 32nd of the time since then.
// [any thread]
class Withheld {
 public:
  // A commit of this server. What is not newer than all before is ignored.
  void committed(uint64_t revision, uint64_t now_ms) NAVISTORE_EXCLUDES(mutex_);
  // The peer has everything up to the revision.
  void acknowledged(uint64_t revision) NAVISTORE_EXCLUDES(mutex_);
  // It gets everything up to the revision anew: it lacks that since it began to lack something, or
  // else since now.
  void begin_again(uint64_t through, uint64_t now_ms) NAVISTORE_EXCLUDES(mutex_);
  // It lacks the oldest of what it lacks since then, as is known from an earlier run.
  void began_at(uint64_t time_ms) NAVISTORE_EXCLUDES(mutex_);
  // When the oldest change after the revision was committed; nothing: none is known.
  std::optional<uint64_t> since_ms(uint64_t revision) const NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Mark {
    uint64_t through;   // it is of the changes up to here that the mark before is not of
    uint64_t since_ms;  // when the first of them was committed
  };
  void thin(uint64_t now_ms) NAVISTORE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::deque<Mark> marks_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::replication
