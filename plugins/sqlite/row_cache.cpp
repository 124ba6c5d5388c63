// SPDX-License-Identifier: Apache-2.0
#include "row_cache.hpp"

#include <cstring>
#include <functional>
#include <new>

namespace navistore::sqlite {
namespace {

// In front of the bytes of key, meta and value.
struct Head {
  uint64_t revision, expires_ms;
  uint32_t key, meta, value;  // their lengths
};

size_t size_of(const navi_item &item) noexcept {
  return sizeof(Head) + item.key.len + item.meta.len + item.value.len;
}

Head head_at(const char *row) noexcept {
  Head head;
  std::memcpy(&head, row, sizeof head);
  return head;
}

char *append_bytes(char *to, const navi_bytes &bytes) noexcept {
  if (bytes.len != 0) std::memcpy(to, bytes.ptr, bytes.len);
  return to + bytes.len;
}

navi_bytes take(const char *&from, uint32_t length) noexcept {
  const navi_bytes taken = {reinterpret_cast<const uint8_t *>(from), length};
  from += length;
  return taken;
}

navi_item item_of(const char *row) noexcept {
  const Head head = head_at(row);
  const char *bytes = row + sizeof head;
  navi_item item = {};
  item.key = take(bytes, head.key);
  item.meta = take(bytes, head.meta);
  item.value = take(bytes, head.value);
  item.revision = head.revision;
  item.expires_ms = head.expires_ms;
  return item;
}

void *zeroed(size_t count, size_t size) {
  if (count == 0) return nullptr;
  void *memory = std::calloc(count, size);  // pages that nobody touches cost nothing
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

RowCache::RowCache(uint64_t bytes)
    : size_(bytes / kSetBytes), sets_(static_cast<Set *>(zeroed(size_, kSetBytes))) {}

RowCache::Place RowCache::place_of(std::string_view key) noexcept {
  const size_t hash = std::hash<std::string_view>()(key);
  const size_t set = hash % size_;
  return {&sets_[set], &stripes_[set % stripes_.size()].mutex, static_cast<uint32_t>(hash >> 32)};
}

// set.count: it is not there.
size_t RowCache::slot_of(const Set &set, uint32_t hash, std::string_view key) noexcept {
  for (size_t i = 0; i < set.count; ++i) {
    if (set.slots[i].hash != hash) continue;
    if (backend::view(item_of(&set.rows[set.slots[i].offset]).key) == key) return i;
  }
  return set.count;
}

void RowCache::remove(Set &set, size_t slot) noexcept {
  const Slot gone = set.slots[slot];
  char *row = &set.rows[gone.offset];
  std::memmove(row, row + gone.size, set.used - gone.offset - gone.size);
  set.used -= gone.size;
  --set.count;
  for (size_t i = slot; i < set.count; ++i) {
    set.slots[i] = set.slots[i + 1];
    set.slots[i].offset = static_cast<uint16_t>(set.slots[i].offset - gone.size);
  }
}

// It is not there, and fits an empty set.
void RowCache::append(Set &set, uint32_t hash, const navi_item &item) noexcept {
  const size_t size = size_of(item);
  while (set.count == kSlots || set.used + size > set.rows.size()) remove(set, 0);
  Slot &slot = set.slots[set.count++];
  slot = {hash, static_cast<uint16_t>(set.used), static_cast<uint16_t>(size)};
  const Head head = {item.revision, item.expires_ms, static_cast<uint32_t>(item.key.len),
                     static_cast<uint32_t>(item.meta.len), static_cast<uint32_t>(item.value.len)};
  char *to = &set.rows[set.used];
  std::memcpy(to, &head, sizeof head);
  append_bytes(append_bytes(append_bytes(to + sizeof head, item.key), item.meta), item.value);
  set.used += static_cast<uint32_t>(size);
}

// Hands the bytes of the key's row to use, under its lock. False: it is not there.
template <class Use>
bool RowCache::visit(const navi_bytes &key, const Use &use) {
  if (size_ == 0) return false;
  const Place place = place_of(backend::view(key));
  const backend::Lock lock(*place.lock);
  const Set &set = *place.set;
  const size_t i = slot_of(set, place.hash, backend::view(key));
  if (i == set.count) return false;
  const Slot &slot = set.slots[i];
  const char *row = &set.rows[slot.offset];
  if (head_at(row).revision <= cleared_at_) return false;
  use(row, slot.size);
  return true;
}

bool RowCache::find(const navi_bytes &key, Found &found) {
  const bool there =
      visit(key, [&](const char *row, size_t size) { std::memcpy(found.bytes.data(), row, size); });
  if (there) found.item = item_of(found.bytes.data());
  return there;
}

bool RowCache::look(const navi_bytes &key, Row &row) {
  return visit(key, [&](const char *bytes, size_t size) {
    const Head head = head_at(bytes);
    row = {head.revision, head.expires_ms, size - sizeof head};
  });
}

void RowCache::add(const navi_item &item, uint64_t as_of) {
  if (size_ == 0 || size_of(item) > kLargest) return;
  const Place place = place_of(backend::view(item.key));
  const backend::Lock lock(*place.lock);
  Set &set = *place.set;
  if (as_of < set.changed_at) return;
  const size_t there = slot_of(set, place.hash, backend::view(item.key));
  if (there != set.count) remove(set, there);
  append(set, place.hash, item);
}

void RowCache::drop(const navi_bytes &key, uint64_t revision) {
  if (size_ == 0) return;
  const Place place = place_of(backend::view(key));
  const backend::Lock lock(*place.lock);
  Set &set = *place.set;
  if (set.changed_at < revision) set.changed_at = revision;
  const size_t there = slot_of(set, place.hash, backend::view(key));
  if (there != set.count) remove(set, there);
}

}  // namespace navistore::sqlite
