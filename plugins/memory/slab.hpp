// SPDX-License-Identifier: Apache-2.0
// Memory for small blocks of known size. malloc adds 8 bytes a block and rounds to 16; over ten
// million keys that is more than the whole index. Blocks of one size share 64 KiB pages; pages are
// cut from 2 MiB regions for which huge pages are asked, so that a lookup does not also miss the
// TLB.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "navistore/mutex.hpp"

namespace navistore::memory {

class Slab {
 public:
  static constexpr size_t kPageSize = size_t{64} << 10;
  static constexpr size_t kRegionSize = size_t{2} << 20;
  static constexpr size_t kLargest = 4160;  // larger blocks come from operator new

  Slab() = default;
  // Blocks in pages need not have been released, larger ones must have been.
  ~Slab();
  Slab(const Slab &) = delete;
  Slab &operator=(const Slab &) = delete;

  // A block of `size` bytes, aligned to 8. Throws std::bad_alloc.
  // [concurrent]
  void *allocate(size_t size);

  // Takes back a block of allocate(size).
  // [concurrent]
  void release(void *block, size_t size) noexcept;

  // Gives the memory of pages without a block in use back to the system.
  // [concurrent]
  void trim() noexcept;

 private:
  // The start of each page.
  struct Page {
    Page *next, *previous;  // among the pages of this size with room, or among the empty ones
    void *free;             // released blocks, each pointing to the next
    uint32_t block_size, used, carved;
  };
  static constexpr size_t kFine = 1024;  // up to here sizes are rounded to 8, above to 64
  static constexpr size_t kClasses = kFine / 8 + (kLargest - kFine) / 64 + 1;

  static size_t class_of(size_t size);
  static uint32_t capacity_of(const Page &page);
  void *take_block(Page &page);
  Page *new_page(size_t size_class) NAVISTORE_REQUIRES(mutex_);
  void add_region() NAVISTORE_REQUIRES(mutex_);
  void link(Page *&list, Page *page) NAVISTORE_REQUIRES(mutex_);
  void unlink(Page *&list, Page *page) NAVISTORE_REQUIRES(mutex_);

  backend::Mutex mutex_;
  std::array<Page *, kClasses> with_room_ NAVISTORE_GUARDED_BY(mutex_){};
  Page *empty_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
  char *fresh_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;  // the newest region's pages not used yet
  char *fresh_end_ NAVISTORE_GUARDED_BY(mutex_) = nullptr;
  std::vector<void *> regions_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::memory
