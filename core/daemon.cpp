// SPDX-License-Identifier: Apache-2.0
#include "core/daemon.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/config/options.hpp"
#include "core/host/plugin_file.hpp"

namespace navistore {
namespace {

// What a child comes to that does not serve. One that a signal ended is told as shells tell it: 128
// and its number. One that was told to stop ends with 0, though no server was started.
[[noreturn]] void end_like(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) ::_exit(128 + WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) ::_exit(WEXITSTATUS(status));
  std::fputs("navistore: stopped before it served\n", stderr);
  ::_exit(config::kInternal);
}

[[noreturn]] void wait_for_child(pid_t child, int pipe) {
  char word = 0;
  ssize_t got = 0;
  while ((got = ::read(pipe, &word, 1)) < 0 && errno == EINTR) {
  }
  if (got == 1) ::_exit(0);
  end_like(child);
}

}  // namespace

Result<Daemon> Daemon::start() {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return Error{Code::kInternal, "no pipe"};
  const pid_t child = ::fork();
  if (child < 0) return Error{Code::kInternal, "no child process"};
  if (child != 0) {
    ::close(pipe[1]);
    wait_for_child(child, pipe[0]);
  }
  ::close(pipe[0]);
  ::setsid();
  return Daemon(pipe[1]);
}

void Daemon::ready() {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  ::close(nowhere);
  const ssize_t told = ::write(starter_, "r", 1);
  static_cast<void>(told);  // who started us may be gone
  ::close(starter_);
}

Result<PidFile> PidFile::write(const std::string &path) {
  Outcome written = host::write_whole_file(path, std::to_string(::getpid()) + "\n");
  if (!written) return std::move(written).error().in("pid file");
  return PidFile(path);
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace navistore
