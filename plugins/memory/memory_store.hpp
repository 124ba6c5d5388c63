// SPDX-License-Identifier: Apache-2.0
// The store behind the plugin: navistore/backend.h says what each member does, README.md how.
//
// read() and scan() take no lock: a Snapshot keeps their state alive. Everything that writes holds
// commit_, never over I/O and never while a sink runs.
#pragma once
#include <memory>
#include <vector>

#include "doorbell.hpp"
#include "navistore/backend.hpp"
#include "navistore/mutex.hpp"
#include "settings.hpp"
#include "transaction.hpp"
#include "writer.hpp"

namespace navistore::memory {

class MemoryStore {
 public:
  enum class Access { kReadWrite, kReadOnly };

  static std::unique_ptr<MemoryStore> open(const navi_open &request, navi_caps &caps);
  MemoryStore(const Settings &settings, Access access);

  void read(const navi_read &request, const backend::ItemSink &sink, navi_reply &reply);
  void apply(const navi_apply &request, navi_result *results);
  void scan(const navi_scan &request, const backend::ItemSink &sink, navi_reply &reply);
  [[noreturn]] void sync(uint64_t timeout_ms, navi_reply &reply);
  void clear(const navi_apply &request, navi_reply &reply);
  void stats(navi_stats &stats);
  void interrupt() noexcept {}  // no call ever waits for anything but a short lock

  void changes(const navi_tail &request, const backend::ChangeSink &sink, navi_reply &reply);
  void trim(uint64_t before);

  void arm(Doorbell::Bell bell, void *ctx) { doorbell_.arm(bell, ctx); }

  void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
  void compact(uint64_t timeout_ms);
  void verify(uint64_t timeout_ms);
  [[noreturn]] void backup(const char *empty_dir, navi_reply &reply);

 private:
  // The new versions of a batch, in the order of its puts, made before the lock is taken.
  class Batch;

  void must_be_writable(uint32_t flags) const;
  void apply_one(const navi_txn &txn, Batch &batch, uint64_t now_ms, navi_result &result);
  void judge(const navi_txn &txn, Batch &batch, uint64_t now_ms, navi_result &result)
      NAVISTORE_REQUIRES(commit_);
  uint64_t copy_changes(uint64_t after, std::vector<const Version *> &page);
  void collect_garbage();
  std::unique_ptr<const Snapshot> counted_snapshot(uint64_t &items, uint64_t &bytes);

  const Settings settings_;
  const Access access_;
  const navi_caps caps_ = capabilities(settings_);
  Shared shared_;
  Doorbell doorbell_;

  backend::Mutex commit_;
  Writer writer_ NAVISTORE_GUARDED_BY(commit_);
  Transaction::Steps steps_ NAVISTORE_GUARDED_BY(commit_);
};

// The item in a version, as a sink gets it: borrowed from the version. flags: NAVI_F_NO_VALUE or
// others.
navi_item item_of(const Version &version, uint32_t flags) noexcept;

}  // namespace navistore::memory
