// SPDX-License-Identifier: Apache-2.0
#include "write_gate.hpp"

namespace navistore::sqlite {

bool WriteGate::is_turn_of(Rank rank) const {
  return !taken_ && (rank == Rank::kFirst || first_waiting_ == 0);
}

void WriteGate::enter(const Deadline &deadline, Rank rank) {
  {
    const backend::Lock lock(mutex_);
    if (rank == Rank::kFirst) ++first_waiting_;
    while (!is_turn_of(rank) && !deadline.over()) changed_.wait_until(mutex_, deadline.until());
    const bool mine = is_turn_of(rank);
    if (rank == Rank::kFirst) --first_waiting_;
    if (mine) {
      taken_ = true;
      return;
    }
    changed_.notify_all();
  }
  deadline.check();
}

void WriteGate::leave() noexcept {
  const backend::Lock lock(mutex_);
  taken_ = false;
  changed_.notify_all();
}

void WriteGate::wake() noexcept {
  const backend::Lock lock(mutex_);
  changed_.notify_all();
}

}  // namespace navistore::sqlite
