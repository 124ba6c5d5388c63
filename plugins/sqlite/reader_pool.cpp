// SPDX-License-Identifier: Apache-2.0
#include "reader_pool.hpp"

#include <thread>
#include <utility>

namespace navistore::sqlite {
namespace {

// Where this thread found a reader last; a hint for every pool. Threads start at different slots.
std::atomic<size_t> next_thread{0};
thread_local size_t preferred = next_thread.fetch_add(1, std::memory_order_relaxed);

}  // namespace

ReaderPool::ReaderPool(std::string path, const Config &config, Access access)
    : path_(std::move(path)), config_(config), access_(access), slots_(config.readers) {}

ReaderPool::Lease ReaderPool::lease(const Deadline &deadline) {
  size_t slot = preferred % slots_.size();
  if (!take(slots_[slot])) {
    if (!take_any(slot)) slot = wait_for_any(deadline);
    preferred = slot;
  }
  Lease lease(*this, slot);  // from here on the slot is given back, also when opening fails
  if (slots_[slot].reader == nullptr) {
    slots_[slot].reader = std::make_unique<Reader>(path_, config_, access_);
  }
  return lease;
}

bool ReaderPool::take(Slot &slot) noexcept {
  // The sequentially consistent order of `taken` and `waiting_` is what wait_for_any() rests on.
  return !slot.taken.exchange(true);
}

bool ReaderPool::take_any(size_t &slot) noexcept {
  for (size_t i = 1; i <= slots_.size(); ++i) {
    const size_t candidate = (slot + i) % slots_.size();
    if (!take(slots_[candidate])) continue;
    slot = candidate;
    return true;
  }
  return false;
}

size_t ReaderPool::wait_for_any(const Deadline &deadline) {
  const backend::Lock lock(mutex_);
  // Whoever gives a slot back after this sees the count and takes the mutex; whoever did before has
  // left a slot that take_any() finds.
  waiting_.fetch_add(1);
  size_t slot = 0;
  bool taken = take_any(slot);
  while (!taken && !deadline.over()) {
    freed_.wait_until(mutex_, deadline.until());
    taken = take_any(slot);
  }
  waiting_.fetch_sub(1);
  if (!taken) deadline.check();
  return slot;
}

void ReaderPool::give_back(Slot &slot) noexcept {
  if (slot.reader != nullptr) {
    slot.generation.store(slot.reader->generation(), std::memory_order_release);
  }
  slot.taken.store(false);
  if (waiting_.load() == 0) return;
  const backend::Lock lock(mutex_);
  freed_.notify_all();
}

bool ReaderPool::retire(Slot &slot, uint64_t generation) noexcept {
  if (take(slot)) {
    if (slot.reader != nullptr) slot.reader->release_snapshot();
    give_back(slot);
    return true;
  }
  return slot.generation.load(std::memory_order_acquire) >= generation;
}

bool ReaderPool::retire_snapshots(uint64_t generation,
                                  std::chrono::milliseconds patience) noexcept {
  const auto until = Deadline::Clock::now() + patience;
  bool all = true;
  for (Slot &slot : slots_) {
    bool retired = retire(slot, generation);
    while (!retired && Deadline::Clock::now() < until) {
      std::this_thread::yield();  // a point read takes microseconds
      retired = retire(slot, generation);
    }
    all = all && retired;
  }
  return all;
}

void ReaderPool::wake() noexcept {
  const backend::Lock lock(mutex_);
  freed_.notify_all();
}

}  // namespace navistore::sqlite
