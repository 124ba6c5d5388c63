// SPDX-License-Identifier: Apache-2.0
// scan: a walk along the ordered keys within one snapshot.
#include "memory_store.hpp"
#include "navistore/limits.hpp"

namespace navistore::memory {
namespace {

using backend::above;
using backend::view;

constexpr size_t kLinesAhead = 3;  // of a version: what a small one has

// The live items of the range, one after the other.
class Range {
 public:
  Range(const Snapshot &snapshot, const navi_scan &request)
      : snapshot_(snapshot),
        start_(view(request.start)),
        end_(view(request.end)),
        now_ms_(request.now_ms),
        descending_((request.flags & NAVI_F_REVERSE) != 0) {
    const OrderedKeys &keys = snapshot.keys();
    if (descending_) {
      entry_ = end_.empty() ? keys.last() : keys.before(end_);
    } else {
      const bool after = (request.flags & NAVI_F_AFTER) != 0 && !start_.empty();
      entry_ = after ? keys.after(start_) : keys.at_or_after(start_);
    }
    settle();
  }

  // nullptr: the range is at its end.
  const Version *current() const { return version_; }

  void advance() {
    step();
    settle();
  }

 private:
  const Entry *neighbour(const Entry &entry) const {
    return descending_ ? snapshot_.keys().previous(entry) : snapshot_.keys().next(entry);
  }
  void step() {
    entry_ = neighbour(*entry_);
    if (entry_ != nullptr) look_ahead();
  }
  // Starts to load what the next two steps look at, while the sink is busy: the neighbour, which
  // the step before asked for, names its version and the entry after it.
  void look_ahead() const {
    const Entry *near = neighbour(*entry_);
    if (near == nullptr) return;
    const auto *version =
        reinterpret_cast<const char *>(near->latest.load(std::memory_order_relaxed));
    for (size_t line = 0; version != nullptr && line < kLinesAhead; ++line) {
      __builtin_prefetch(version + 64 * line);
    }
    __builtin_prefetch(neighbour(*near));
  }
  bool inside() const {
    if (entry_ == nullptr) return false;
    if (descending_) return entry_->key() >= start_;
    return end_.empty() || entry_->key() < end_;
  }
  void settle() {
    for (version_ = nullptr; inside(); step()) {
      version_ = snapshot_.live(entry_, now_ms_);
      if (version_ != nullptr) return;
    }
  }

  const Snapshot &snapshot_;
  const std::string_view start_, end_;
  const uint64_t now_ms_;
  const bool descending_;
  const Entry *entry_ = nullptr;
  const Version *version_ = nullptr;
};

}  // namespace

void MemoryStore::scan(const navi_scan &request, const backend::ItemSink &sink, navi_reply &reply) {
  const Snapshot snapshot(shared_);
  reply.revision = snapshot.revision();
  Range range(snapshot, request);
  uint64_t bytes = 0;
  for (uint64_t count = 0; range.current() != nullptr; range.advance()) {
    const navi_item item = item_of(*range.current(), request.flags);
    bytes += item.key.len + item.value.len + item.meta.len;
    if (above(count + 1, request.max_items) || (count > 0 && above(bytes, request.max_bytes))) {
      reply.flags |= NAVI_MORE;
      return;
    }
    if (!sink(count++, item)) {
      reply.flags |= NAVI_MORE;
      return;
    }
  }
}

}  // namespace navistore::memory
