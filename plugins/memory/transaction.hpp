// SPDX-License-Identifier: Apache-2.0
// One transaction on its way into the store: collects what it does to each key, then commits it
// whole or leaves everything as it was.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "writer.hpp"

namespace navistore::memory {

class Transaction {
 public:
  // What one operation does. Its memory is kept from transaction to transaction.
  struct Step {
    Entry *entry;
    Version *version;
  };
  using Steps = std::vector<Step>;

  // `steps` is empty, and is again when the transaction is destroyed.
  Transaction(Writer &writer, uint64_t now_ms, Steps &steps);
  // Without commit(): no effect.
  ~Transaction();
  Transaction(const Transaction &) = delete;
  Transaction &operator=(const Transaction &) = delete;

  // All of these throw std::bad_alloc; then destroy the transaction.

  // The live item of the key, or nullptr.
  const Version *live(std::string_view key) const noexcept;
  // Each tells whether there was a live item.
  enum class Found : uint8_t { kNo, kYes };
  Found put(std::string_view key, VersionPtr version);
  Found erase(std::string_view key);
  // Deletes an expired item.
  void expire(Entry *entry);

  // By how much the items grow; negative if they shrink.
  int64_t growth() const noexcept { return growth_; }

  // Makes it visible. Returns the new revision, or the old one if nothing changes.
  uint64_t commit();

 private:
  void add(Entry *entry, VersionPtr version);
  Entry *find_or_make(std::string_view key);
  size_t reserve();
  void install(const Step &step, uint8_t flags) noexcept;
  void account(const Version *old, const Version &fresh) noexcept;
  void undo() noexcept;

  Writer &writer_;
  Keyspace &keyspace_;
  const uint64_t now_ms_;
  Steps &steps_;
  size_t expiring_ = 0;  // steps whose expiry is in the index already
  size_t recorded_ = 0;  // steps that are in the history already
  int64_t growth_ = 0;
};

}  // namespace navistore::memory
