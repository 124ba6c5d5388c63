// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/guarded.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>

namespace navistore::conformance {
namespace {

size_t page_size() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

size_t whole_pages(size_t size) { return (size + page_size() - 1) / page_size() * page_size(); }

uint8_t *map(size_t size, int protection) {
  void *memory =
      mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<uint8_t *>(memory);
}

// A type's array must stay aligned although it ends at a page: sizes of all ABI structs are
// multiples of 8.
constexpr size_t kPackedBlock = size_t{256} << 10;
constexpr size_t kSlotsPerCall = 24;
constexpr size_t kSlots = 96;  // so a slot is reused four calls later at the earliest
constexpr size_t kQuarantineBytes =
    size_t{64} << 20;  // addresses of large buffers stay inaccessible for so long
constexpr uint8_t kPoisonByte = 0xDB;

}  // namespace

// The pages of one thread: kSlots times a data page followed by a page that is never accessible.
class GuardPool {
 public:
  GuardPool() : begin_(map(kSlots * 2 * page_size(), PROT_NONE)) {}
  ~GuardPool() {
    munmap(begin_, kSlots * 2 * page_size());
    for (const auto &[memory, size] : quarantine_) munmap(memory, size);
  }
  GuardPool(const GuardPool &) = delete;
  GuardPool &operator=(const GuardPool &) = delete;

  uint8_t *slot() {
    uint8_t *page = begin_ + (next_++ % kSlots) * 2 * page_size();
    if (mprotect(page, page_size(), PROT_READ | PROT_WRITE) != 0) std::abort();
    return page;
  }

  uint8_t *forbidden() const { return begin_ + page_size(); }

  // Gives the memory back to the system and keeps the addresses inaccessible for a while.
  void retire(uint8_t *memory, size_t size) {
    if (mmap(memory, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
             0) == MAP_FAILED) {
      std::abort();
    }
    quarantine_.emplace_back(memory, size);
    quarantined_ += size;
    while (quarantined_ > kQuarantineBytes) {
      munmap(quarantine_.front().first, quarantine_.front().second);
      quarantined_ -= quarantine_.front().second;
      quarantine_.pop_front();
    }
  }

 private:
  uint8_t *const begin_;
  size_t next_ = 0;
  std::deque<std::pair<uint8_t *, size_t>> quarantine_;
  size_t quarantined_ = 0;
};

namespace {

GuardPool &thread_pool() {
  thread_local GuardPool pool;
  return pool;
}

}  // namespace

Inputs::Inputs(Guard guard) : guard_(guard), pool_(thread_pool()) {}

Inputs::~Inputs() { remove_access(); }

const uint8_t *Inputs::bytes(std::string_view content) {
  if (content.empty()) return pool_.forbidden();
  void *memory = take(content.size());
  std::memcpy(memory, content.data(), content.size());
  return static_cast<const uint8_t *>(memory);
}

const char *Inputs::text(const std::string &content) {
  return reinterpret_cast<const char *>(bytes({content.c_str(), content.size() + 1}));
}

void *Inputs::take(size_t size) {
  if (size == 0) return pool_.forbidden();
  if (guard_ == Guard::kPoison) return take_heap(size);
  if (size > page_size()) return take_mapping(size);
  if (guard_ == Guard::kPacked || slots_used_ == kSlotsPerCall) return take_packed(size);
  ++slots_used_;
  uint8_t *page = pool_.slot();
  slots_.push_back({page, page_size()});
  return page + page_size() - size;
}

void *Inputs::take_mapping(size_t size) {
  const size_t usable = whole_pages(size);
  uint8_t *memory = map(usable + page_size(), PROT_NONE);
  if (mprotect(memory, usable, PROT_READ | PROT_WRITE) != 0) std::abort();
  mappings_.push_back({memory, usable + page_size()});
  return memory + usable - size;
}

// Filled from the guarded end downwards, so the first buffer of each block ends at the inaccessible
// page.
void *Inputs::take_packed(size_t size) {
  const size_t rounded = (size + 7) / 8 * 8;
  if (static_cast<size_t>(packed_end_ - packed_begin_) < rounded) {
    packed_begin_ = map(kPackedBlock + page_size(), PROT_NONE);
    if (mprotect(packed_begin_, kPackedBlock, PROT_READ | PROT_WRITE) != 0) std::abort();
    mappings_.push_back({packed_begin_, kPackedBlock + page_size()});
    packed_end_ = packed_begin_ + kPackedBlock;
  }
  packed_end_ -= rounded;
  return packed_end_ + (rounded - size);
}

void *Inputs::take_heap(size_t size) {
  auto *memory = static_cast<uint8_t *>(std::malloc(size));
  if (memory == nullptr) std::abort();
  heap_.push_back({memory, size});
  return memory;
}

void Inputs::remove_access() {
  for (const Span &slot : slots_) {
    if (mprotect(slot.begin, slot.size, PROT_NONE) != 0) std::abort();
  }
  for (const Span &mapping : mappings_) pool_.retire(mapping.begin, mapping.size);
  for (const Span &span : heap_) {
    std::memset(span.begin, kPoisonByte, span.size);
    std::free(span.begin);
  }
}

}  // namespace navistore::conformance
