// SPDX-License-Identifier: Apache-2.0
// The backend store that calls go to now, counted so that it is closed only when none runs.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/mutex.hpp"

namespace navistore::store {

class BackendStore;

// Each thread counts its calls in a cell of its own, so entering and leaving take no lock and touch
// no memory that all threads write. The store is owned elsewhere.
class Published {
 public:
  // While it lives, the store that it names is not closed. Empty when none is published.
  class Use {
   public:
    Use(Use &&other) noexcept : owner_(other.owner_), store_(other.store_), cell_(other.cell_) {
      other.store_ = nullptr;
    }
    Use(const Use &) = delete;
    Use &operator=(const Use &) = delete;
    Use &operator=(Use &&) = delete;
    ~Use() {
      if (store_ != nullptr) owner_->leave(cell_);
    }
    explicit operator bool() const { return store_ != nullptr; }
    BackendStore *operator->() const { return store_; }
    BackendStore &operator*() const { return *store_; }

   private:
    friend class Published;
    Use(Published *owner, BackendStore *store, size_t cell)
        : owner_(owner), store_(store), cell_(cell) {}
    Published *owner_;
    BackendStore *store_;
    size_t cell_;
  };

  Use use();                           // [any thread]
  void publish(BackendStore &store);   // nothing is published
  void withdraw(BackendStore &store);  // [any thread] no new use of it; does nothing for another
  // Returns when no use is left. Nothing is published, and the caller holds no use.
  void wait_unused() NAVISTORE_EXCLUDES(mutex_);
  bool is_published() const { return store_.load() != nullptr; }

 private:
  struct alignas(64) Cell {
    std::atomic<uint64_t> calls{0};
  };
  void leave(size_t cell) NAVISTORE_EXCLUDES(mutex_);
  bool used() const;

  std::atomic<BackendStore *> store_{nullptr};
  std::array<Cell, 64> cells_;  // threads share cells when there are more of them; that only costs
  Mutex mutex_;
  navistore::Condition unused_;
};

}  // namespace navistore::store
