// SPDX-License-Identifier: Apache-2.0
#include "key_table.hpp"

#include <cassert>
#include <new>

namespace navistore::memory {
namespace {

constexpr uint64_t kEmpty = 0;
constexpr uint64_t kErased = 1;  // was used: a search goes on
constexpr uint64_t kAddress = (uint64_t{1} << 48) - 1;

uint64_t tag_of(uint64_t hash) { return (hash >> 9) << 48; }

Entry *entry_of(uint64_t slot) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): one word, so that one store publishes both
  return reinterpret_cast<Entry *>(slot & kAddress);
}

uint64_t slot_for(const Entry *entry, uint64_t hash) {
  const auto address = reinterpret_cast<uintptr_t>(entry);
  assert((address & ~kAddress) == 0);
  return address | tag_of(hash);
}

}  // namespace

struct KeyTable::Directory {
  uint32_t depth;
  uint32_t zero;
  // std::atomic<Segment *> [2^depth]

  std::atomic<Segment *> &segment(size_t index) {
    return reinterpret_cast<std::atomic<Segment *> *>(this + 1)[index];
  }
  size_t size() const { return size_t{1} << depth; }

  static Directory *make(uint32_t depth) {
    const size_t bytes = sizeof(Directory) + (sizeof(std::atomic<Segment *>) << depth);
    auto *directory = new (::operator new(bytes)) Directory{depth, 0};
    for (size_t i = 0; i < directory->size(); ++i) {
      new (&directory->segment(i)) std::atomic<Segment *>(nullptr);
    }
    return directory;
  }
};

KeyTable::KeyTable(Slab &slab, Limbo &limbo, HashSeed seed)
    : slab_(slab), limbo_(limbo), seed_(seed), directory_(Directory::make(0)) {
  try {
    directory_.load(std::memory_order_relaxed)->segment(0) = new_segment(0);
  } catch (...) {
    free_directory(directory_.load(std::memory_order_relaxed));
    throw;
  }
}

KeyTable::~KeyTable() {
  Directory *directory = directory_.load(std::memory_order_relaxed);
  const Segment *before = nullptr;  // the entries that share a segment are neighbours
  for (size_t i = 0; i < directory->size(); ++i) {
    Segment *segment = directory->segment(i).load(std::memory_order_relaxed);
    if (segment != before) free_segment(slab_, segment);
    before = segment;
  }
  free_directory(directory);
}

Entry *KeyTable::find(std::string_view key) const noexcept {
  const uint64_t hash = siphash13(seed_, key);
  Directory &directory = *directory_.load(std::memory_order_acquire);
  const Segment &segment =
      *directory.segment(index_of(hash, directory.depth)).load(std::memory_order_acquire);
  const uint64_t tag = tag_of(hash);
  for (size_t i = hash % kSlots, left = kSlots; left != 0; i = (i + 1) % kSlots, --left) {
    const Slot slot = segment.slots[i].load(std::memory_order_acquire);
    if (slot == kEmpty) return nullptr;
    if ((slot & ~kAddress) != tag || slot == kErased) continue;
    Entry *entry = entry_of(slot);
    if (entry->key() == key) return entry;
  }
  return nullptr;
}

void KeyTable::insert(Entry *entry) {
  const uint64_t hash = siphash13(seed_, entry->key());
  make_room(hash);
  Directory &directory = *directory_.load(std::memory_order_relaxed);
  put(*directory.segment(index_of(hash, directory.depth)).load(std::memory_order_relaxed),
      slot_for(entry, hash), hash);
}

void KeyTable::erase(const Entry *entry) noexcept {
  const uint64_t hash = siphash13(seed_, entry->key());
  Directory &directory = *directory_.load(std::memory_order_relaxed);
  Segment &segment =
      *directory.segment(index_of(hash, directory.depth)).load(std::memory_order_relaxed);
  const Slot wanted = slot_for(entry, hash);
  size_t i = hash % kSlots;
  while (segment.slots[i].load(std::memory_order_relaxed) != wanted) i = (i + 1) % kSlots;
  segment.slots[i].store(kErased, std::memory_order_release);
  --segment.live;
}

uint32_t KeyTable::depth() const noexcept {
  return directory_.load(std::memory_order_relaxed)->depth;
}

void KeyTable::free_segment(Slab &slab, void *segment) noexcept {
  slab.release(segment, sizeof(Segment));
}

void KeyTable::free_directory(void *directory) noexcept { ::operator delete(directory); }

// Takes the first slot that no search needs to pass as it is.
void KeyTable::put(Segment &segment, Slot slot, uint64_t hash) noexcept {
  size_t i = hash % kSlots;
  Slot old = segment.slots[i].load(std::memory_order_relaxed);
  while (old != kEmpty && old != kErased) {
    i = (i + 1) % kSlots;
    old = segment.slots[i].load(std::memory_order_relaxed);
  }
  if (old == kEmpty) ++segment.used;
  ++segment.live;
  segment.slots[i].store(slot, std::memory_order_release);
}

KeyTable::Segment *KeyTable::new_segment(uint32_t depth) {
  auto *segment = new (slab_.allocate(sizeof(Segment))) Segment{};
  segment->depth = depth;
  return segment;
}

// Until the segment of `hash` has an empty slot to spare. The second round is for the case,
// possible in theory, that all keys of a segment went to one half.
void KeyTable::make_room(uint64_t hash) {
  for (;;) {
    Directory &directory = *directory_.load(std::memory_order_relaxed);
    Segment &segment =
        *directory.segment(index_of(hash, directory.depth)).load(std::memory_order_relaxed);
    if (segment.used < kMostUsed) return;
    limbo_.reserve(2);
    if (segment.live <= kMostUsed / 4 * 3) {
      rebuild(segment, hash);
      return;
    }
    if (segment.depth == directory.depth) double_directory();
    split(segment, hash);
  }
}

void KeyTable::double_directory() {
  Directory &old = *directory_.load(std::memory_order_relaxed);
  Directory *twice = Directory::make(old.depth + 1);
  for (size_t i = 0; i < twice->size(); ++i) {
    twice->segment(i).store(old.segment(i / 2).load(std::memory_order_relaxed),
                            std::memory_order_relaxed);
  }
  directory_.store(twice, std::memory_order_release);
  limbo_.retire({Retired::kDirectory, 0, &old, 0, 0});
}

// The same keys without the erased slots.
void KeyTable::rebuild(Segment &old, uint64_t hash) {
  Segment *fresh = new_segment(old.depth);
  copy(old, *fresh, *fresh);
  replace(old, hash, *fresh, *fresh);
}

void KeyTable::split(Segment &old, uint64_t hash) {
  Segment *zeros = new_segment(old.depth + 1);
  Segment *ones = nullptr;
  try {
    ones = new_segment(old.depth + 1);
  } catch (...) {
    free_segment(slab_, zeros);
    throw;
  }
  copy(old, *zeros, *ones);
  replace(old, hash, *zeros, *ones);
}

// `hash` is of a key whose place is in `old`.
void KeyTable::replace(Segment &old, uint64_t hash, Segment &zeros, Segment &ones) noexcept {
  Directory &directory = *directory_.load(std::memory_order_relaxed);
  const size_t count = size_t{1} << (directory.depth - old.depth);
  const size_t first = index_of(hash, old.depth) * count;
  for (size_t i = 0; i < count; ++i) {
    directory.segment(first + i).store(i < count / 2 ? &zeros : &ones, std::memory_order_release);
  }
  limbo_.retire({Retired::kSegment, sizeof(Segment), &old, 0, 0});
}

// By the first bit that the segment's keys do not have in common.
void KeyTable::copy(const Segment &from, Segment &zeros, Segment &ones) const noexcept {
  for (const std::atomic<Slot> &place : from.slots) {
    const Slot slot = place.load(std::memory_order_relaxed);
    if (slot == kEmpty || slot == kErased) continue;
    const uint64_t hash = siphash13(seed_, entry_of(slot)->key());
    put((hash << from.depth) >> 63 == 0 ? zeros : ones, slot, hash);
  }
}

}  // namespace navistore::memory
