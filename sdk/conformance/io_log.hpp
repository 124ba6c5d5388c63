// SPDX-License-Identifier: Apache-2.0
// What the shim remembers. Used by io_interpose.cpp alone.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sdk/conformance/io_shim.hpp"

namespace navistore::conformance::io {

using FileId = std::pair<dev_t, ino_t>;

// One change of a file's content since its last sync, enough to undo and to redo it.
struct Change {
  off_t offset;
  std::vector<char> before, after;  // a truncation has no `after`
  off_t size_before, size_after;    // size_after: of a truncation
  uint64_t sequence;
};

struct File {
  std::string path;
  bool watched = false;
  bool seen_written = false;
  bool dirty = false;
  uint64_t last_write = 0;
  int own_fd = -1;  // for undoing; never closed: that would drop the plugin's POSIX locks
  std::vector<Change> changes;  // only with a power cut planned
};

// A change of a directory since it was synced.
struct NameChange {
  enum class Kind { kCreate, kRename, kUnlink } kind;
  std::string from, to;  // kCreate and kUnlink: only `from`
  std::string kept;      // a hard link to the file that the change removed, or ""
  FileId directory, file;
};

class Log {
 public:
  static Log &get();
  bool active() const noexcept { return active_.load(std::memory_order_acquire); }

  void watch(const std::string &root);
  void inject(const Plan &plan);
  Report report();
  bool seen_written(const FileId &file);

  // Each takes the step, gives the planned fault (errno set, -1), or makes the call `next` and
  // remembers it.
  ssize_t write(int fd, off_t offset, size_t size, const std::function<ssize_t(size_t)> &next);
  int resize(int fd, off_t size_after, const std::function<int()> &next);
  int sync(int fd, const std::function<int()> &next);
  void sync_all();
  int rename(const std::string &from, const std::string &to, const std::function<int()> &next);
  int unlink(const std::string &path, const std::function<int()> &next);
  void opened(int fd, bool created);

  // The absolute path that a call with (directory, path) names.
  static std::string absolute(int directory, const char *path);
  bool watches(const std::string &path) const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  File *find(int fd, FileId &id);
  void take_step(size_t size, const std::function<ssize_t(size_t)> *next);
  int write_error();
  void stall(Lock &lock);
  bool remember(File &file, off_t offset, size_t size, off_t size_after);
  void note_name(NameChange change);
  std::string keep(const std::string &path);
  void forget_synced(const FileId &id, uint64_t sequence);
  [[noreturn]] void die();
  void cut_power();

  std::atomic<bool> active_{false};
  std::mutex mutex_;
  std::string root_, attic_;  // attic_: where hard links keep removed files, beside root_
  std::condition_variable injected_;
  Plan plan_;
  uint64_t step_ = 0, write_ = 0, sync_ = 0;  // since inject()
  uint64_t injections_ = 0;
  uint64_t sequence_ = 0, kept_ = 0;
  Report total_;
  std::map<FileId, File> files_;
  std::vector<NameChange> names_;
  std::mt19937_64 random_;
};

}  // namespace navistore::conformance::io
