// SPDX-License-Identifier: Apache-2.0
#include "transaction.hpp"

#include <algorithm>

namespace navistore::memory {
namespace {

// How many changes beyond its own a commit may drop from the history: it catches up fast after a
// large transaction, and no commit pays for all of it. One more for each of so many bytes that it
// adds to what only the history keeps: else large values pile up behind many small changes, which
// go first.
constexpr size_t kMoreToDrop = 64;
constexpr size_t kBytesForOneMore = 256;

Version *newest(const Entry *entry) { return entry->latest.load(std::memory_order_relaxed); }

bool is_item(const Version *version) {
  return version != nullptr && version->kind() == NAVI_CHANGE_PUT;
}

}  // namespace

Transaction::Transaction(Writer &writer, uint64_t now_ms, Steps &steps)
    : writer_(writer), keyspace_(writer.keyspace()), now_ms_(now_ms), steps_(steps) {}

Transaction::~Transaction() {
  undo();
  steps_.clear();
}

const Version *Transaction::live(std::string_view key) const noexcept {
  const Entry *entry = keyspace_.table.find(key);
  if (entry == nullptr) return nullptr;
  const Version *version = newest(entry);
  return is_live(version, now_ms_) ? version : nullptr;
}

Transaction::Found Transaction::put(std::string_view key, VersionPtr version) {
  Entry *entry = find_or_make(key);
  const Version *old = newest(entry);
  growth_ += static_cast<int64_t>(key.size() + version->value_size + version->meta_size);
  if (is_item(old)) growth_ -= static_cast<int64_t>(item_bytes(*old));
  add(entry, std::move(version));
  return is_live(old, now_ms_) ? Found::kYes : Found::kNo;
}

Transaction::Found Transaction::erase(std::string_view key) {
  Entry *entry = keyspace_.table.find(key);
  if (entry == nullptr || !is_live(newest(entry), now_ms_)) return Found::kNo;
  growth_ -= static_cast<int64_t>(item_bytes(*newest(entry)));
  Slab &slab = writer_.shared().slab;
  add(entry, {make_version(slab, NAVI_CHANGE_DELETE, {}, {}), {&slab}});
  return Found::kYes;
}

void Transaction::expire(Entry *entry) {
  Slab &slab = writer_.shared().slab;
  VersionPtr version(make_version(slab, NAVI_CHANGE_DELETE, {}, newest(entry)->meta()), {&slab});
  version->change |= NAVI_CHANGE_EXPIRED << 4;
  add(entry, std::move(version));
}

// Everything that can fail comes first; then nothing can.
uint64_t Transaction::commit() {
  if (steps_.empty()) return writer_.revision();
  const size_t drops = reserve();
  const uint64_t revision = writer_.revision() + 1;
  for (const Step &step : steps_) {
    step.version->revision = revision;
    writer_.history().push_back(step.version);
    ++recorded_;
  }
  const size_t count = steps_.size();
  for (size_t i = 0; i < count; ++i) {
    install(steps_[i], i + 1 == count ? NAVI_CHANGE_LAST << 4 : 0);
  }
  steps_.clear();
  recorded_ = 0;
  writer_.publish(revision);
  writer_.drop_excess_changes(drops);
  return revision;
}

void Transaction::add(Entry *entry, VersionPtr version) {
  version->entry = entry;
  steps_.push_back({entry, version.get()});
  ++entry->versions;
  static_cast<void>(version.release());
}

// Until the commit the entry has no version, and readers take it for absent.
Entry *Transaction::find_or_make(std::string_view key) {
  if (Entry *entry = keyspace_.table.find(key)) return entry;
  Slab &slab = writer_.shared().slab;
  Entry *entry = make_entry(slab, key, keyspace_.keys.random_height());
  try {
    keyspace_.table.insert(entry);
  } catch (...) {
    free_entry(slab, entry);
    throw;
  }
  entry->state = Entry::kLinked;
  keyspace_.keys.insert(entry);
  return entry;
}

// In limbo: a replaced version and a doomed entry for each step, and the changes that will be
// dropped. Returns how many of those may be.
size_t Transaction::reserve() {
  size_t replaced_bytes = 0;
  for (const Step &step : steps_) {
    if (const Version *old = newest(step.entry)) replaced_bytes += old->block_size();
    if (step.version->expires_ms != 0)
      keyspace_.expiries.insert(step.version->expires_ms, step.entry);
    ++expiring_;
  }
  const size_t drops = std::min(steps_.size() + kMoreToDrop + replaced_bytes / kBytesForOneMore,
                                steps_.size() + writer_.history().size());
  writer_.limbo().reserve(2 * steps_.size() + drops);
  return drops;
}

void Transaction::install(const Step &step, uint8_t flags) noexcept {
  Version *old = newest(step.entry);
  Version &fresh = *step.version;
  fresh.change |= flags;
  fresh.older = old;
  account(old, fresh);
  step.entry->latest.store(&fresh, std::memory_order_release);
  if (fresh.kind() == NAVI_CHANGE_DELETE) writer_.doom(step.entry);
  if (old != nullptr) writer_.replaced(old);
}

void Transaction::account(const Version *old, const Version &fresh) noexcept {
  if (is_item(old)) {
    --keyspace_.items;
    keyspace_.bytes -= item_bytes(*old);
    if (old->expires_ms != 0 && old->expires_ms != fresh.expires_ms) {
      keyspace_.expiries.erase(old->expires_ms, fresh.entry);
    }
  }
  if (fresh.kind() != NAVI_CHANGE_PUT) return;
  ++keyspace_.items;
  keyspace_.bytes += item_bytes(fresh);
}

void Transaction::undo() noexcept {
  for (; recorded_ > 0; --recorded_) writer_.history().pop_back();
  for (size_t i = 0; i < steps_.size(); ++i) {
    const auto [entry, version] = steps_[i];
    const Version *latest = newest(entry);
    const bool was_there = latest != nullptr && latest->expires_ms == version->expires_ms;
    if (i < expiring_ && !was_there) keyspace_.expiries.erase(version->expires_ms, entry);
    --entry->versions;
    free_version(writer_.shared().slab, version);
    if (latest == nullptr && entry->versions == 0) writer_.withdraw(entry);
  }
}

}  // namespace navistore::memory
