// SPDX-License-Identifier: Apache-2.0
#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/support/scratch_dir.hpp"

extern char **environ;  // NOLINT(readability-identifier-naming): POSIX

namespace navistore::test {
namespace {

using Clock = std::chrono::steady_clock;
// Bounds for a broken server; a good one is far below, also under sanitizers on a busy machine.
// A start may have to prove its backend first, and beside other proofs.
constexpr std::chrono::seconds kStartLimit{900};
constexpr std::chrono::seconds kEndLimit{60};

pid_t spawn(std::vector<std::string> arguments, const posix_spawn_file_actions_t *actions) {
  std::vector<char *> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string &argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (::posix_spawn(&pid, argv[0], actions, nullptr, argv.data(), environ) != 0) {
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  return pid;
}

int decode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return decode(status);
}

Ended run(std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const pid_t pid = spawn(std::move(arguments), &actions);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Ended ended{0, {}};
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = ::read(ends[0], part.data(), part.size())) > 0;) {
    ended.output.append(part.data(), static_cast<size_t>(n));
  }
  ::close(ends[0]);
  ended.status = wait_for(pid);
  return ended;
}

}  // namespace

Process::Process(const std::vector<std::string> &command_line)
    : pid_(spawn(command_line, nullptr)) {}

std::string navistore_executable() { return NAVISTORE_EXECUTABLE; }

ServerProcess::ServerProcess(const std::vector<std::string> &arguments,
                             const std::string &executable) {
  const ScratchDir dir;
  const std::string port_file = dir / "port";
  std::vector<std::string> all{executable, "serve"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.insert(all.end(), {"--listen", "127.0.0.1:0", "--port-file", port_file});
  pid_ = spawn(std::move(all), nullptr);
  wait_until_listening(port_file);
}

void ServerProcess::wait_until_listening(const std::string &port_file) {
  const auto deadline = Clock::now() + kStartLimit;
  while (!std::filesystem::exists(port_file)) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("the server ended with " + std::to_string(decode(status)));
    }
    if (Clock::now() > deadline) throw std::runtime_error("the server does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::ifstream file(port_file);
  for (unsigned port = 0; file >> port;) ports_.push_back(static_cast<uint16_t>(port));
}

Process::~Process() {
  if (pid_ > 0) kill_hard();
}

void Process::signal(int number) const { ::kill(pid_, number); }

int Process::wait() {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{handle, POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(kEndLimit);
  const int ready = ::poll(&ended, 1, static_cast<int>(limit.count()));
  ::close(handle);
  if (ready != 1) throw std::runtime_error("the server does not end");
  const int status = wait_for(pid_);
  pid_ = -1;
  return status;
}

int Process::kill_hard() {
  ::kill(pid_, SIGKILL);
  const int status = wait_for(pid_);
  pid_ = -1;
  return status;
}

Ended run_navistore(const std::vector<std::string> &arguments) {
  std::vector<std::string> all{NAVISTORE_EXECUTABLE};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(std::move(all));
}

Ended run_shell(const std::string &command) { return run({"/bin/sh", "-c", command}); }

}  // namespace navistore::test
