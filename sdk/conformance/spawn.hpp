// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace navistore::conformance {

// A new process of this executable, with nothing but the descriptors named here.
struct Spawn {
  enum class Group { kOwn, kInherited };
  int job_fd = -1;     // becomes kJobFd
  int record_fd = -1;  // becomes kRecordFd
  int shared_fd = -1;  // becomes kSharedFd; -1: none
  int out_fd = -1;     // becomes stdout and stderr; -1: the caller's
  Group group =
      Group::kOwn;  // kOwn: leader of a process group, so that everything it starts can be killed
};

// The process id, or -1. Signal mask and dispositions are the defaults.
pid_t spawn_self(const Spawn &spawn);

}  // namespace navistore::conformance
