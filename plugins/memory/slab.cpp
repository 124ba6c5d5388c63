// SPDX-License-Identifier: Apache-2.0
#include "slab.hpp"

#include <sys/mman.h>

#include <new>

#include "sanitizer.hpp"

namespace navistore::memory {
namespace {

size_t rounded(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

// Under AddressSanitizer each block comes from operator new, so that a use after release is seen.
constexpr bool from_pages(size_t size) { return !kAddressSanitizer && size <= Slab::kLargest; }

}  // namespace

Slab::~Slab() {
  const backend::Lock lock(mutex_);
  for (void *region : regions_) munmap(region, kRegionSize);
}

void *Slab::allocate(size_t size) {
  if (!from_pages(size)) return ::operator new(size);
  const size_t size_class = class_of(size);
  const backend::Lock lock(mutex_);
  Page *page = with_room_[size_class];
  if (page == nullptr) page = new_page(size_class);
  void *block = take_block(*page);
  if (page->used == capacity_of(*page)) unlink(with_room_[size_class], page);
  return block;
}

void Slab::release(void *block, size_t size) noexcept {
  if (!from_pages(size)) {
    ::operator delete(block);
    return;
  }
  const size_t size_class = class_of(size);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a page starts where its address ends in zeros
  auto *page = reinterpret_cast<Page *>(reinterpret_cast<uintptr_t>(block) & ~(kPageSize - 1));
  const backend::Lock lock(mutex_);
  if (page->used == capacity_of(*page)) link(with_room_[size_class], page);
  *static_cast<void **>(block) = page->free;
  page->free = block;
  if (--page->used == 0) {
    unlink(with_room_[size_class], page);
    link(empty_, page);
  }
}

void Slab::trim() noexcept {
  const backend::Lock lock(mutex_);
  // The first part of each page stays: it holds the list.
  const size_t kept = 4096;
  for (Page *page = empty_; page != nullptr; page = page->next) {
    madvise(reinterpret_cast<char *>(page) + kept, kPageSize - kept, MADV_DONTNEED);
  }
}

size_t Slab::class_of(size_t size) {
  if (size <= kFine) return (size + 7) / 8;
  return kFine / 8 + (size - kFine + 63) / 64;
}

uint32_t Slab::capacity_of(const Page &page) {
  return static_cast<uint32_t>((kPageSize - rounded(sizeof(Page), 64)) / page.block_size);
}

void *Slab::take_block(Page &page) {
  ++page.used;
  if (page.free != nullptr) {
    void *block = page.free;
    page.free = *static_cast<void **>(block);
    return block;
  }
  char *blocks = reinterpret_cast<char *>(&page) + rounded(sizeof(Page), 64);
  return blocks + size_t{page.block_size} * page.carved++;
}

Slab::Page *Slab::new_page(size_t size_class) {
  Page *page = empty_;
  if (page != nullptr) {
    unlink(empty_, page);
  } else {
    if (fresh_ == fresh_end_) add_region();
    page = reinterpret_cast<Page *>(fresh_);
    fresh_ += kPageSize;
  }
  const size_t block_size =
      size_class <= kFine / 8 ? size_class * 8 : kFine + (size_class - kFine / 8) * 64;
  new (page) Page{nullptr, nullptr, nullptr, static_cast<uint32_t>(block_size), 0, 0};
  link(with_room_[size_class], page);
  return page;
}

// Maps twice the size and returns what lies outside of the aligned half.
void Slab::add_region() {
  regions_.reserve(regions_.size() + 1);
  void *mapped =
      mmap(nullptr, 2 * kRegionSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto *start = static_cast<char *>(mapped);
  const size_t before =
      (kRegionSize - reinterpret_cast<uintptr_t>(start) % kRegionSize) % kRegionSize;
  if (before != 0) munmap(start, before);
  start += before;
  munmap(start + kRegionSize, kRegionSize - before);
  madvise(start, kRegionSize, MADV_HUGEPAGE);  // a wish: the store works without
  regions_.push_back(start);
  fresh_ = start;
  fresh_end_ = start + kRegionSize;
}

void Slab::link(Page *&list, Page *page) {
  page->previous = nullptr;
  page->next = list;
  if (list != nullptr) list->previous = page;
  list = page;
}

void Slab::unlink(Page *&list, Page *page) {
  if (page->previous != nullptr) {
    page->previous->next = page->next;
  } else {
    list = page->next;
  }
  if (page->next != nullptr) page->next->previous = page->previous;
}

}  // namespace navistore::memory
