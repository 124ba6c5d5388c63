// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <new>

namespace navistore::memory {

Writer::Writer(Shared &shared, uint64_t most_changes, uint64_t most_history_bytes)
    : shared_(shared), limbo_(shared.readers), history_(most_changes, most_history_bytes) {
  shared_.keyspace = new Keyspace(shared_.slab, limbo_, 0, nullptr);
}

Writer::~Writer() {
  while (history_.size() != 0) {
    Version *version = history_.front();
    history_.pop_front();
    if ((version->state & Version::kReplaced) != 0) free(version);
  }
  // Without a keyspace nothing has to be unlinked, so what is in limbo needs no room there to be
  // freed.
  Keyspace *last = shared_.keyspace.exchange(nullptr);
  while (free_first(*last)) {
  }
  delete last;
  while (!limbo_.empty()) collect(SIZE_MAX, Limbo::When::kNow);
}

uint64_t Writer::clear() {
  Keyspace &old = keyspace();
  if (old.items == 0) return revision();
  const uint64_t next = revision() + 1;
  VersionPtr change(make_version(shared_.slab, NAVI_CHANGE_CLEAR, {}, {}), {&shared_.slab});
  change->revision = next;
  change->change |= NAVI_CHANGE_LAST << 4;
  change->state = Version::kReplaced;
  auto fresh = std::make_unique<Keyspace>(shared_.slab, limbo_, next, &old);
  const size_t excess = 64;
  limbo_.reserve(1 + excess);
  history_.push_back(change.get());
  static_cast<void>(change.release());
  shared_.keyspace.store(fresh.release(), std::memory_order_release);
  publish(next);
  limbo_.retire({Retired::kKeyspace, 0, &old, 0, 0});
  drop_excess_changes(excess);
  return next;
}

void Writer::replaced(Version *version) noexcept {
  version->state |= Version::kReplaced;
  if ((version->state & Version::kInHistory) != 0) {
    history_.replaced(*version);
  } else {
    limbo_.retire({Retired::kVersion, static_cast<uint32_t>(version->block_size()), version, 0, 0});
  }
}

void Writer::doom(Entry *entry) noexcept {
  if ((entry->state & Entry::kDoomed) != 0) return;
  entry->state |= Entry::kDoomed;
  const uint64_t deleted = entry->latest.load(std::memory_order_relaxed)->revision;
  limbo_.retire({Retired::kDoomed, static_cast<uint32_t>(entry->block_size()), entry,
                 keyspace().since, deleted});
}

void Writer::withdraw(Entry *entry) noexcept {
  try {
    limbo_.reserve(1);
  } catch (const std::bad_alloc &) {
    return;
  }
  unlink(keyspace(), entry);
}

bool Writer::drop_excess_changes(size_t most) noexcept {
  for (Version *oldest = history_.excess(); oldest != nullptr; oldest = history_.excess()) {
    if (most-- == 0) return false;
    history_.pop_front();
    // Who reads the history may hold what a clear took out of sight since before it was dropped,
    // unlike who could find it in the keyspace that was cleared.
    if (oldest->revision < keyspace().since) oldest->state |= Version::kReplaced;
    if ((oldest->state & Version::kReplaced) == 0) continue;
    limbo_.retire({Retired::kVersion, static_cast<uint32_t>(oldest->block_size()), oldest, 0, 0});
  }
  return true;
}

bool Writer::collect(size_t most, Limbo::When when) {
  limbo_.ripen(when);
  for (; most != 0; --most) {
    const Retired *ripe = limbo_.ripe();
    if (ripe == nullptr) return true;
    if (free_retired(*ripe) == Progress::kDone) limbo_.pop();
  }
  return limbo_.ripe() == nullptr;
}

Writer::Progress Writer::free_retired(const Retired &retired) {
  switch (retired.kind) {
    case Retired::kVersion: free(static_cast<Version *>(retired.what)); break;
    case Retired::kDoomed: unlink_doomed(retired); break;
    case Retired::kUnlinked: {
      auto *entry = static_cast<Entry *>(retired.what);
      entry->state &= static_cast<uint8_t>(~Entry::kLinked);
      free_if_unused(entry);
      break;
    }
    case Retired::kSegment: KeyTable::free_segment(shared_.slab, retired.what); break;
    case Retired::kDirectory: KeyTable::free_directory(retired.what); break;
    case Retired::kKeyspace: return free_some(static_cast<Keyspace *>(retired.what));
  }
  return Progress::kDone;
}

// Everybody who may still need the entry reads a revision in which it is deleted: unless it was
// written, or deleted again, since. One of a keyspace that was cleared is freed with that.
void Writer::unlink_doomed(const Retired &retired) {
  Keyspace *current = shared_.keyspace.load(std::memory_order_relaxed);
  if (current == nullptr || current->since != retired.keyspace) return;
  limbo_.reserve(2);
  auto *entry = static_cast<Entry *>(retired.what);
  entry->state &= static_cast<uint8_t>(~Entry::kDoomed);
  Version *latest = entry->latest.load(std::memory_order_relaxed);
  if (latest->kind() == NAVI_CHANGE_PUT) return;
  if (latest->revision != retired.revision) {
    doom(entry);
    return;
  }
  unlink(*current, entry);
  replaced(latest);
}

// Needs room for one in limbo.
void Writer::unlink(Keyspace &keyspace, Entry *entry) noexcept {
  keyspace.table.erase(entry);
  keyspace.keys.erase(entry);
  limbo_.retire({Retired::kUnlinked, static_cast<uint32_t>(entry->block_size()), entry, 0, 0});
}

Writer::Progress Writer::free_some(Keyspace *keyspace) noexcept {
  if (free_first(*keyspace)) return Progress::kMore;
  delete keyspace;
  return Progress::kDone;
}

// False: there is no entry left. A newest version that is marked as replaced already was dropped
// from the history since the clear, and waits in limbo behind the keyspace.
bool Writer::free_first(Keyspace &keyspace) noexcept {
  Entry *entry = keyspace.keys.pop_front();
  if (entry == nullptr) return false;
  Version *latest = entry->latest.load(std::memory_order_relaxed);
  if (latest != nullptr && latest->expires_ms != 0) {
    keyspace.expiries.erase(latest->expires_ms, entry);
  }
  if (latest != nullptr && (latest->state & Version::kReplaced) == 0) {
    latest->state |= Version::kReplaced;
    if ((latest->state & Version::kInHistory) != 0) {
      history_.replaced(*latest);
    } else {
      --entry->versions;
      free_version(shared_.slab, latest);
    }
  }
  entry->state &= static_cast<uint8_t>(~Entry::kLinked);
  free_if_unused(entry);
  return true;
}

void Writer::free(Version *version) noexcept {
  Entry *entry = version->entry;
  free_version(shared_.slab, version);
  if (entry == nullptr) return;
  --entry->versions;
  free_if_unused(entry);
}

void Writer::free_if_unused(Entry *entry) noexcept {
  if (entry->versions == 0 && (entry->state & Entry::kLinked) == 0) {
    free_entry(shared_.slab, entry);
  }
}

}  // namespace navistore::memory
