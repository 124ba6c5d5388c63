// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "navistore/mutex.hpp"
#include "reader_pool.hpp"
#include "writer.hpp"

namespace navistore::sqlite {

// Keeps the write-ahead log bounded, on a thread and a connection of its own.
//
// Once the log has grown to config.log_bytes, it is copied into the database file, which is synced,
// while commits go on. What they add meanwhile is copied again, less each time; the small rest is
// copied while no commit runs, and the next commit starts the log from its beginning. So a commit
// waits for the rest only, once for each log_bytes written.
class Checkpointer {
 public:
  using Log = std::function<void(const backend::Failure &)>;  // must not throw

  // `writer` and `readers` must outlive this. `log` gets what failed, for the operator.
  Checkpointer(const std::string &path, const Config &config, Writer &writer, ReaderPool &readers,
               Log log);
  // Ends after the checkpoint that is running.
  ~Checkpointer();
  Checkpointer(const Checkpointer &) = delete;
  Checkpointer &operator=(const Checkpointer &) = delete;

  // To be called after each commit. [concurrent]
  void look();
  // To be called before each commit: waits while the log is several times as large as it should be,
  // and a checkpoint is at work on it. Throws UNAVAILABLE or CANCELLED when that lasts too long.
  // [concurrent]
  void await_room(const Deadline &deadline);
  // To be called after an interrupt, so that those who wait notice it. [any]
  void wake() noexcept;
  // Copies the whole log and cuts its file to nothing; commits wait for the rest only. Throws BUSY
  // when a long read is in the way, and what Writer's calls throw. [concurrent]
  void truncate(const Deadline &deadline);

 private:
  void work() noexcept;
  bool take_order() NAVISTORE_EXCLUDES(mutex_);
  void try_checkpoint() noexcept NAVISTORE_EXCLUDES(database_mutex_);
  bool full() const noexcept;
  void checkpoint() NAVISTORE_REQUIRES(database_mutex_);
  bool copy_while_commits_run() NAVISTORE_REQUIRES(database_mutex_);
  bool copy_rest() NAVISTORE_REQUIRES(database_mutex_);
  bool copy_rest_and_retire(std::chrono::milliseconds patience) NAVISTORE_REQUIRES(database_mutex_);
  // Whether the file is synced, or only where the whole log was copied, which SQLite does.
  enum class Sync { kAlways, kAtItsEnd };
  LogPages copy(Checkpoint mode, Sync sync) NAVISTORE_REQUIRES(database_mutex_);
  bool retire_older_snapshots(std::chrono::milliseconds patience) noexcept;

  Writer &writer_;
  ReaderPool &readers_;
  const Log log_;
  const Interrupts never_{0};

  backend::Mutex database_mutex_;
  Database database_ NAVISTORE_GUARDED_BY(database_mutex_);

  const uint64_t start_pages_;
  std::atomic<uint64_t> due_pages_;  // the size of the log that asks for a checkpoint

  backend::Mutex mutex_;
  backend::Condition changed_;
  bool asked_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool running_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool stopping_ NAVISTORE_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace navistore::sqlite
