// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deadline.hpp"
#include "navistore/mutex.hpp"

namespace navistore::sqlite {

// Lets one thread at a time use the writing connection. The checkpointer comes before the others
// that wait, since under constant load it would never get a turn otherwise.
class WriteGate {
 public:
  enum class Rank { kOrdinary, kFirst };

  // Held for the lifetime. Throws UNAVAILABLE or CANCELLED when the deadline is over before its
  // turn.
  class Turn {
   public:
    Turn(WriteGate &gate, const Deadline &deadline, Rank rank = Rank::kOrdinary) : gate_(gate) {
      gate_.enter(deadline, rank);
    }
    ~Turn() { gate_.leave(); }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;

   private:
    WriteGate &gate_;
  };

  // To be called after an interrupt, so that those who wait notice it.
  void wake() noexcept;

 private:
  void enter(const Deadline &deadline, Rank rank);
  void leave() noexcept;
  bool is_turn_of(Rank rank) const NAVISTORE_REQUIRES(mutex_);

  backend::Mutex mutex_;
  backend::Condition changed_;
  bool taken_ NAVISTORE_GUARDED_BY(mutex_) = false;
  unsigned first_waiting_ NAVISTORE_GUARDED_BY(mutex_) = 0;
};

}  // namespace navistore::sqlite
