// SPDX-License-Identifier: Apache-2.0
#include "write_gate.hpp"

namespace navistore::sqlite {

void WriteGate::enter(const Deadline &deadline, Rank rank) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool first = rank == Rank::kFirst;
  if (first) ++first_waiting_;
  const auto my_turn = [&] { return !taken_ && (first || first_waiting_ == 0); };
  while (!my_turn() && !deadline.over()) {
    if (deadline.until() == Deadline::kNever) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, deadline.until());
    }
  }
  const bool mine = my_turn();
  if (first) --first_waiting_;
  if (mine) {
    taken_ = true;
    return;
  }
  changed_.notify_all();
  lock.unlock();
  deadline.check();
}

void WriteGate::leave() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  taken_ = false;
  changed_.notify_all();
}

void WriteGate::wake() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  changed_.notify_all();
}

}  // namespace navistore::sqlite
