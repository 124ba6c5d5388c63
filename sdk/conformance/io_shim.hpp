// SPDX-License-Identifier: Apache-2.0
// The harness between a plugin and the disk. This executable defines write, fsync, rename and their
// relatives itself (io_interpose.cpp) and exports them, so a plugin that is loaded with dlopen, and
// the libraries that it brings, bind to these and reach libc through them. No root and no
// LD_PRELOAD is needed.
//
// Until watch() is called each function only forwards. Then every call on a regular file or a
// directory below the watched root is counted as a step, may be made to fail, and is remembered
// until the file is synced.
//
// Not seen: stdio inside libc, writes through mmap, io_uring, raw system calls; blind_spots() tells
// which of them a plugin uses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace navistore::conformance::io {

enum class Fault {
  kNone,
  kNoSpace,    // from the n-th write on, each write fails with ENOSPC
  kIoError,    // from the n-th write on, each write fails with EIO
  kSyncError,  // the n-th fsync or fdatasync fails with EIO; the later ones succeed, as they do on
               // Linux
  kSyncStall,  // the n-th fsync waits for the next inject(), at most 1.5 s
  kKill,  // SIGKILL in the n-th step, in half of the seeds after a part of its bytes was written
  kPowerCut,  // before the n-th step: forgets a random part of what was not synced, then SIGKILL
};

struct Plan {
  Fault fault = Fault::kNone;
  uint64_t at = 1;  // counted from inject() on
  uint64_t seed = 0;
};

struct Report {
  uint64_t steps = 0;  // calls that change something or sync it
  uint64_t writes = 0;
  uint64_t syncs = 0;    // that succeeded, and writes to files opened with O_DSYNC
  uint64_t faults = 0;   // how often the planned fault was given
  bool stalled = false;  // an fsync waits for the next inject()
  std::vector<std::string>
      unsynced;  // files with bytes that no later sync covered; without SQLite's -shm
};

// Starts watching the tree below root (an absolute path that exists). Once a process.
void watch(const std::string &root);
// Replaces the plan; the steps before do not count. kPowerCut remembers what is written from now
// on.
void inject(const Plan &plan);
Report report();

// How files below the root were changed or can be changed behind the shim's back, "" if in no way
// that is known: a shared writable mapping, an io_uring, a file that differs and was never seen
// written. What SQLite rebuilds after a crash (its -shm) does not count.
std::string blind_spots();

}  // namespace navistore::conformance::io
