// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "navistore/mutex.hpp"
#include "reader.hpp"

namespace navistore::sqlite {

// The reading connections, opened when they are first needed: as many as threads read at the same
// time, up to config.readers. A thread comes back to the connection it had before, so that no two
// threads touch the same memory; one that finds it taken moves to another. Nothing belongs to a
// thread, so nothing is lost when it ends.
class ReaderPool {
 public:
  ReaderPool(std::string path, const Config &config, Access access);

  // A reader for one call.
  class Lease {
   public:
    Lease(Lease &&other) noexcept : pool_(other.pool_), slot_(other.slot_) {
      other.pool_ = nullptr;
    }
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(pool_->slots_[slot_]);
    }
    Lease &operator=(Lease &&) = delete;
    Lease(const Lease &) = delete;
    Lease &operator=(const Lease &) = delete;
    Reader *operator->() const noexcept { return pool_->slots_[slot_].reader.get(); }
    Reader &operator*() const noexcept { return *pool_->slots_[slot_].reader; }

   private:
    friend class ReaderPool;
    Lease(ReaderPool &pool, size_t slot) noexcept : pool_(&pool), slot_(slot) {}
    ReaderPool *pool_;
    size_t slot_;
  };

  // Waits only if config.readers threads are reading. Throws UNAVAILABLE or CANCELLED when that
  // lasts too long, and what opening a connection throws. [concurrent]
  Lease lease(const Deadline &deadline);

  // Ends the snapshots that are older than `generation` (CommitState): idle readers give theirs up
  // here, the others take a new one with their next call, which is waited for until `patience` is
  // over. False: a read outlasted it. [concurrent]
  bool retire_snapshots(uint64_t generation, std::chrono::milliseconds patience) noexcept;
  // To be called after an interrupt, so that those who wait notice it. [any]
  void wake() noexcept;

 private:
  struct alignas(64) Slot {
    std::atomic<bool> taken{false};
    std::atomic<uint64_t> generation{0};  // no snapshot of this reader is older
    std::unique_ptr<Reader> reader;       // of the thread that has `taken`
  };

  static bool take(Slot &slot) noexcept;
  bool take_any(size_t &slot) noexcept;
  bool retire(Slot &slot, uint64_t generation) noexcept;
  size_t wait_for_any(const Deadline &deadline);
  void give_back(Slot &slot) noexcept;

  const std::string path_;
  const Config config_;
  const Access access_;
  std::vector<Slot> slots_;

  std::atomic<unsigned> waiting_{0};
  backend::Mutex mutex_;  // of freed_ alone
  backend::Condition freed_;
};

}  // namespace navistore::sqlite
