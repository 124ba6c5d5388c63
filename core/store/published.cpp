// SPDX-License-Identifier: Apache-2.0
#include "core/store/published.hpp"

#include <algorithm>

namespace navistore::store {
namespace {

size_t thread_number() {
  static std::atomic<size_t> threads{0};
  static thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

// Entering counts first and looks second; withdrawing clears first and looks at the counts second.
// Both are sequentially consistent, so one of the two sees the other.
Published::Use Published::use() {
  const size_t cell = thread_number() % cells_.size();
  cells_[cell].calls.fetch_add(1);
  BackendStore *store = store_.load();
  if (store == nullptr) leave(cell);
  return Use(this, store, cell);
}

void Published::leave(size_t cell) {
  if (cells_[cell].calls.fetch_sub(1) != 1 || store_.load() != nullptr) return;
  const Lock lock(mutex_);
  unused_.notify_all();
}

void Published::publish(BackendStore &store) { store_.store(&store); }

void Published::withdraw(BackendStore &store) {
  BackendStore *expected = &store;
  store_.compare_exchange_strong(expected, nullptr);
}

bool Published::used() const {
  return std::any_of(cells_.begin(), cells_.end(),
                     [](const Cell &cell) { return cell.calls.load() != 0; });
}

void Published::wait_unused() {
  const Lock lock(mutex_);
  while (used()) unused_.wait(mutex_);
}

}  // namespace navistore::store
