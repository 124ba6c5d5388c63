// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "bell.hpp"
#include "checkpointer.hpp"
#include "files.hpp"
#include "reader_pool.hpp"
#include "writer.hpp"

namespace navistore::sqlite {

// A store in one SQLite database, <data_dir>/<ns>.db. The members have the contract of the
// functions of the same name in navistore/backend.h.
class SqliteStore {
 public:
  static std::unique_ptr<SqliteStore> open(const navi_open &request, navi_caps &caps);

  void read(const navi_read &request, const backend::ItemSink &sink, navi_reply &reply);
  void apply(const navi_apply &request, navi_result *results);
  void scan(const navi_scan &request, const backend::ItemSink &sink, navi_reply &reply);
  void sync(uint64_t timeout_ms, navi_reply &reply);
  void clear(const navi_apply &request, navi_reply &reply);
  void stats(navi_stats &stats);
  void interrupt() noexcept;

  void changes(const navi_tail &request, const backend::ChangeSink &sink, navi_reply &reply);
  void trim(uint64_t before);

  void arm(void (*bell)(void *) noexcept, void *context);

  void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
  void compact(uint64_t timeout_ms);
  void verify(uint64_t timeout_ms);
  void backup(const char *empty_dir, navi_reply &reply);

 private:
  SqliteStore(const navi_open &request, const Config &config);
  void start(const navi_open &request);

  Writer &writer();
  template <class Read>
  void around_damage(const Read &read) const;
  void deliver(Reader &reader, const navi_read &request, const backend::ItemSink &sink,
               uint64_t revision, const Deadline &deadline);
  bool read_remembered(const navi_read &request, const backend::ItemSink &sink, navi_reply &reply);
  void committed(const Writer::Outcome &outcome);
  void report(const backend::Failure &failure) const noexcept;

  CommitState state_;
  // Constant after construction.
  const std::string name_;
  const std::string path_;
  const Config config_;
  const navi_host *const host_;
  const Descriptor lock_;
  const Access access_;  // of the connections that only read

  Interrupts interrupts_{0};
  Bell bell_;
  RowCache rows_;
  // In the order of their making: the writer closes the last connection, the checkpointer's thread
  // ends first.
  std::unique_ptr<Writer> writer_;  // nullptr: read-only
  std::unique_ptr<ReaderPool> readers_;
  std::unique_ptr<Checkpointer> checkpointer_;  // nullptr: read-only
};

}  // namespace navistore::sqlite
