// SPDX-License-Identifier: Apache-2.0
#include "ordered_keys.hpp"

namespace navistore::memory {

OrderedKeys::OrderedKeys(Slab &slab) : slab_(slab), head_(make_entry(slab, {}, kMostLevels)) {}

OrderedKeys::~OrderedKeys() { free_entry(slab_, head_); }

const Entry *OrderedKeys::at_or_after(std::string_view key) const noexcept {
  return next(*descend(key, Bound::kLess, nullptr));
}

const Entry *OrderedKeys::after(std::string_view key) const noexcept {
  return next(*descend(key, Bound::kOrEqual, nullptr));
}

const Entry *OrderedKeys::before(std::string_view key) const noexcept {
  const Entry *entry = descend(key, Bound::kLess, nullptr);
  return entry == head_ ? nullptr : entry;
}

const Entry *OrderedKeys::last() const noexcept {
  const Entry *at = head_;
  for (unsigned level = kMostLevels; level-- > 0;) {
    for (const Entry *next = at->next(level).load(std::memory_order_acquire); next != nullptr;
         next = at->next(level).load(std::memory_order_acquire)) {
      at = next;
    }
  }
  return at == head_ ? nullptr : at;
}

unsigned OrderedKeys::random_height() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  unsigned height = 1;
  for (uint64_t bits = random_; height < kMostLevels && (bits & 3) == 0; bits >>= 2) ++height;
  return height;
}

void OrderedKeys::insert(Entry *entry) noexcept {
  Entry *path[kMostLevels];
  Entry *before = descend(entry->key(), Bound::kLess, path);
  Entry *behind = before->next(0).load(std::memory_order_relaxed);
  entry->previous.store(before, std::memory_order_relaxed);
  for (unsigned level = 0; level < entry->height; ++level) {
    entry->next(level).store(path[level]->next(level).load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
  }
  for (unsigned level = 0; level < entry->height; ++level) {
    path[level]->next(level).store(entry, std::memory_order_release);
  }
  if (behind != nullptr) behind->previous.store(entry, std::memory_order_release);
}

void OrderedKeys::erase(Entry *entry) noexcept {
  Entry *path[kMostLevels];
  Entry *before = descend(entry->key(), Bound::kLess, path);
  for (unsigned level = entry->height; level-- > 0;) {
    path[level]->next(level).store(entry->next(level).load(std::memory_order_relaxed),
                                   std::memory_order_release);
  }
  Entry *behind = entry->next(0).load(std::memory_order_relaxed);
  if (behind != nullptr) behind->previous.store(before, std::memory_order_release);
}

Entry *OrderedKeys::pop_front() noexcept {
  Entry *first = head_->next(0).load(std::memory_order_relaxed);
  if (first == nullptr) return nullptr;
  for (unsigned level = 0; level < first->height; ++level) {
    head_->next(level).store(first->next(level).load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
  }
  return first;
}

Entry *OrderedKeys::descend(std::string_view key, Bound bound, Entry **path) const noexcept {
  // The order of an entry beyond the place, when compared with `key`, is at least this.
  const int beyond = bound == Bound::kLess ? 0 : 1;
  Entry *at = head_;
  const Entry *too_far = nullptr;  // where the level above ended, or the end of the list
  for (unsigned level = kMostLevels; level-- > 0;) {
    Entry *next = at->next(level).load(std::memory_order_acquire);
    // char_traits<char> compares unsigned bytes
    while (next != nullptr && next != too_far && next->key().compare(key) < beyond) {
      at = next;
      next = at->next(level).load(std::memory_order_acquire);
    }
    too_far = next;
    if (path != nullptr) path[level] = at;
  }
  return at;
}

}  // namespace navistore::memory
