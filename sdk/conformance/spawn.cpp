// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "sdk/conformance/case_process.hpp"
#include "sdk/conformance/worker.hpp"

namespace navistore::conformance {
namespace {

// dup2 onto the same number would leave close-on-exec set; the caller's descriptors are all below
// kJobFd, but a worker inherits kRecordFd under its own number.
void give(posix_spawn_file_actions_t &actions, int from, int to) {
  if (from >= 0) posix_spawn_file_actions_adddup2(&actions, from, to);
}

}  // namespace

pid_t spawn_self(const Spawn &spawn) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  give(actions, spawn.out_fd, STDOUT_FILENO);
  give(actions, spawn.out_fd, STDERR_FILENO);
  give(actions, spawn.job_fd, kJobFd);
  give(actions, spawn.record_fd, kRecordFd);
  give(actions, spawn.shared_fd, kSharedFd);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (spawn.group == Spawn::Group::kOwn) flags |= POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  posix_spawnattr_setpgroup(&attributes, 0);

  char name[] = "navistore-conformance";
  char flag[sizeof kCaseProcessFlag];
  for (size_t i = 0; i < sizeof flag; ++i) flag[i] = kCaseProcessFlag[i];
  char *const argv[] = {name, flag, nullptr};
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

}  // namespace navistore::conformance
