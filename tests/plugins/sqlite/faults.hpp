// SPDX-License-Identifier: Apache-2.0
// Failures of the file system. This executable defines fsync, fdatasync, pread64, pwrite64,
// sync_file_range and madvise itself, and SQLite and the plugin bind to them.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace navistore::sqlite::test {

// While it lives, every fsync and fdatasync of the process fails with EIO.
class FailingSync {
 public:
  FailingSync();
  ~FailingSync();
  FailingSync(const FailingSync &) = delete;
  FailingSync &operator=(const FailingSync &) = delete;
};

// While it lives, every fsync and fdatasync of the process begins with `hook`, which gets the path
// of the file. [concurrent]
class SyncHook {
 public:
  explicit SyncHook(std::function<void(const std::string &)> hook);
  ~SyncHook();
  SyncHook(const SyncHook &) = delete;
  SyncHook &operator=(const SyncHook &) = delete;
};

// While it lives, every pwrite64 of the process fails with EIO.
class FailingWrite {
 public:
  FailingWrite();
  ~FailingWrite();
  FailingWrite(const FailingWrite &) = delete;
  FailingWrite &operator=(const FailingWrite &) = delete;
};

// While it lives, of a mapped file no more than `most` bytes can be brought into memory at once, as
// if there was a page among them that cannot be read.
class UnreadablePages {
 public:
  explicit UnreadablePages(size_t most);
  ~UnreadablePages();
  UnreadablePages(const UnreadablePages &) = delete;
  UnreadablePages &operator=(const UnreadablePages &) = delete;
};

// How many fsync and fdatasync calls have succeeded so far.
unsigned syncs();
// How many pwrite64 calls there were, and how many of pread64.
unsigned writes();
unsigned reads();
// How many sync_file_range calls there were.
unsigned write_backs();

// Runs `body` in a child process, as `user` if that is not 0 (which needs root), and returns the
// text that it returned.
std::string in_child(const std::function<std::string()> &body, uid_t user = 0);

// Mounts a tmpfs of that size for its lifetime. ok() is false where that is not allowed.
class SmallDisk {
 public:
  SmallDisk(std::string path, size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk &) = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;
  bool ok() const { return ok_; }

 private:
  std::string path_;
  bool ok_;
};

}  // namespace navistore::sqlite::test
