// SPDX-License-Identifier: Apache-2.0
// changes and trim.
#include <algorithm>
#include <string>
#include <vector>

#include "memory_store.hpp"
#include "navistore/limits.hpp"

namespace navistore::memory {
namespace {

using backend::Failure;
using backend::Lock;

// How many changes are copied, and how many dropped, while writers wait.
constexpr size_t kAtOnce = 256;

navi_change change_of(const Version &version, uint32_t flags) {
  navi_change change{};
  if (version.entry != nullptr) {
    change.item = item_of(version, flags);
  } else {
    change.item.revision = version.revision;
  }
  change.kind = version.kind();
  change.flags = version.flags();
  return change;
}

uint64_t delivered_bytes(const Version &version, uint32_t flags) {
  if (version.entry == nullptr) return 0;
  const uint64_t bytes = item_bytes(version);
  return (flags & NAVI_F_NO_VALUE) == 0 ? bytes : bytes - version.value_size;
}

// Hands over whole transactions until a limit or the sink ends it.
class Delivery {
 public:
  using Changes = std::vector<const Version *>;

  Delivery(const navi_tail &request, const backend::ChangeSink &sink)
      : request_(request), sink_(sink) {}

  // Whole transactions, following those before. False: no more.
  bool deliver(const Changes &changes) {
    for (size_t first = 0; first < changes.size();) {
      const size_t end = end_of_transaction(changes, first);
      if (!count_in(changes, first, end)) return false;
      for (; first < end; ++first) {
        if (!sink_(change_of(*changes[first], request_.flags))) return false;
      }
    }
    return true;
  }

 private:
  static size_t end_of_transaction(const Changes &changes, size_t first) {
    size_t end = first;
    while (end < changes.size() && changes[end]->revision == changes[first]->revision) ++end;
    return end;
  }

  // False: it would exceed a limit, and is not the first.
  bool count_in(const Changes &changes, size_t first, size_t end) {
    const bool is_first = count_ == 0;
    count_ += end - first;
    for (size_t i = first; i < end; ++i) bytes_ += delivered_bytes(*changes[i], request_.flags);
    return is_first || !(backend::above(count_, request_.max_items) ||
                         backend::above(bytes_, request_.max_bytes));
  }

  const navi_tail &request_;
  const backend::ChangeSink &sink_;
  uint64_t count_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

void MemoryStore::changes(const navi_tail &request, const backend::ChangeSink &sink,
                          navi_reply &reply) {
  const Snapshot snapshot(shared_);
  reply.revision = snapshot.revision();
  Delivery delivery(request, sink);
  uint64_t after = request.after;
  for (std::vector<const Version *> page; after < snapshot.revision(); page.clear()) {
    if (const uint64_t oldest = copy_changes(after, page); oldest > after + 1) {
      // What was delivered before is whole; the next call learns what is gone.
      reply.flags |= NAVI_MORE;
      if (after != request.after) return;
      reply.revision = oldest;
      throw Failure(NAVI_COMPACTED, "the changes before " + std::to_string(oldest) + " are gone");
    }
    while (!page.empty() && page.back()->revision > snapshot.revision()) page.pop_back();
    if (page.empty()) return;
    if (!delivery.deliver(page)) {
      reply.flags |= NAVI_MORE;
      return;
    }
    after = page.back()->revision;
  }
}

// Appends changes above `after` to `page`, and tells from which revision on the history is
// complete. The caller's snapshot keeps them alive.
uint64_t MemoryStore::copy_changes(uint64_t after, std::vector<const Version *> &page) {
  const Lock lock(commit_);
  const History &history = writer_.history();
  if (history.dropped_through() <= after) history.copy(after, kAtOnce, page);
  return history.dropped_through() + 1;
}

void MemoryStore::trim(uint64_t before) {
  must_be_writable(0);
  for (bool done = false; !done;) {
    const Lock lock(commit_);
    writer_.limbo().reserve(kAtOnce);
    writer_.history().trim(std::min(before, writer_.revision() + 1));
    done = writer_.drop_excess_changes(kAtOnce);
    writer_.collect(2 * kAtOnce, Limbo::When::kWorthwhile);
  }
}

}  // namespace navistore::memory
