// SPDX-License-Identifier: Apache-2.0
#include "core/host/harness_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/descriptor.hpp"
#include "core/host/plugin_file.hpp"
#include "core/host/system_error.hpp"

namespace navistore::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::minutes kGateLimit{7};
constexpr std::chrono::minutes kFullLimit{100};
constexpr std::chrono::seconds kGrace{5};  // for a harness that was told to end
constexpr int kConfigFd = 3;               // in the child
constexpr int kJunitFd = 4;
constexpr int kRepeatFd = 5;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{Code::kIo, "pipe: " + error_text(errno)};
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// An anonymous file in memory that holds text, positioned at its start. Its number is high: a dup2
// onto one of the child's must not overwrite a descriptor that is still to be handed over.
Result<Descriptor> memory_file(const char *name, const std::string &text) {
  constexpr int kSafe = 100;
  const Descriptor made(::memfd_create(name, MFD_CLOEXEC));
  Descriptor file(made.get() < 0 ? -1 : ::fcntl(made.get(), F_DUPFD_CLOEXEC, kSafe));
  if (file.get() < 0 ||
      ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return Error{Code::kIo, std::string("memory file ") + name + ": " + error_text(errno)};
  }
  return file;
}

std::string contents(const Descriptor &file) {
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  for (off_t at = 0;; at = static_cast<off_t>(text.size())) {
    const ssize_t n = ::pread(file.get(), buffer.data(), buffer.size(), at);
    if (n <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

// posix_spawn's file actions and attributes as one value.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan &) = delete;
  SpawnPlan &operator=(const SpawnPlan &) = delete;

  void put(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void put_null(int as) {
    ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDONLY, 0);
  }
  void own_session() { flags_ |= POSIX_SPAWN_SETSID; }

  Result<pid_t> spawn(std::vector<std::string> arguments) {
    std::vector<char *> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string &argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/bin:/bin";
    std::string locale = "LC_ALL=C";
    std::array<char *, 3> environment{path.data(), locale.data(), nullptr};

    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    flags_ |= POSIX_SPAWN_SETSIGMASK;
    ::posix_spawnattr_setflags(&attributes_, flags_);
    pid_t pid = 0;
    const int failed =
        ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environment.data());
    if (failed != 0) return Error{Code::kIo, "start " + arguments[0] + ": " + error_text(failed)};
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  short flags_ = 0;  // NOLINT(google-runtime-int): the type that posix_spawnattr_setflags takes
};

std::string child_file(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::vector<std::string> arguments_for(const HarnessRun &run) {
  return {run.harness, run.plugin,  "--config",      child_file(kConfigFd), "--tier",
          run.tier,    "--scratch", run.scratch_dir, "--repeat-with",       child_file(kRepeatFd)};
}

// What may hold secrets reaches the harness as files, not in argv. To be kept until it is spawned.
struct HandedOver {
  Descriptor config;
  Descriptor repeat;
};

Result<HandedOver> hand_over(const HarnessRun &run, SpawnPlan &plan) {
  auto config = memory_file("navistore-config", run.config);
  auto repeat = memory_file("navistore-repeat", run.repeat);
  if (!config) return std::move(config).error();
  if (!repeat) return std::move(repeat).error();
  plan.put(config.value().get(), kConfigFd);
  plan.put(repeat.value().get(), kRepeatFd);
  return HandedOver{std::move(config).value(), std::move(repeat).value()};
}

int exit_status(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

enum class Heard { kAll, kTimeOver, kStop };

// Reads both pipes until both are closed, the deadline passes, or stop_fd is readable.
Heard collect(const Pipe &out, const Pipe &err, const HarnessRun &run, HarnessAnswer &answer) {
  const Clock::time_point deadline = Clock::now() + run.limit;
  std::array<pollfd, 3> polled{
      {{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}, {run.stop_fd, POLLIN, 0}}};
  const std::array<std::string *, 2> targets{&answer.report_json, &answer.diagnostics};
  std::array<char, 16 * 1024> buffer{};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return Heard::kTimeOver;
    if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0) continue;
    if (polled[2].revents != 0) return Heard::kStop;
    for (size_t i = 0; i < targets.size(); ++i) {
      if (polled.at(i).fd < 0 || polled.at(i).revents == 0) continue;
      const ssize_t n = ::read(polled.at(i).fd, buffer.data(), buffer.size());
      if (n > 0) targets.at(i)->append(buffer.data(), static_cast<size_t>(n));
      if (n == 0) polled.at(i).fd = -1;
    }
  }
  return Heard::kAll;
}

bool ends_within(pid_t pid, std::chrono::milliseconds grace) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, static_cast<int>(grace.count())) == 1;
}

// A harness that is told to end kills its cases and removes its files; if it is killed, its cases
// die with it. target: its process or group, as kill(2) takes them.
void end_harness(pid_t pid, pid_t target) {
  ::kill(target, SIGTERM);
  if (!ends_within(pid, kGrace)) ::kill(target, SIGKILL);
}

// Waits until it has ended or is wanted no more.
Heard wait_for_end(pid_t pid, int stop_fd) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  std::array<pollfd, 2> polled{{{process.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  return polled[1].revents == 0 ? Heard::kAll : Heard::kStop;
}

Error stopped() { return {Code::kCancelled, "stopped while proving the backend"}; }

Outcome check_harness(const HarnessRun &run) {
  std::error_code failure;
  if (std::filesystem::exists(run.harness, failure)) return Done{};
  return Error{Code::kIo, "no conformance harness at " + run.harness};
}

}  // namespace

std::string harness_path() { return executable_dir() + "/navistore-conformance"; }

std::chrono::milliseconds time_limit(const std::string &tier) {
  return tier == "gate" ? kGateLimit : kFullLimit;
}

Result<HarnessAnswer> run_harness(const HarnessRun &run) {
  if (auto there = check_harness(run); !there) return std::move(there).error();
  auto out = make_pipe();
  auto err = make_pipe();
  auto junit = memory_file("navistore-junit", "");
  if (!out) return std::move(out).error();
  if (!err) return std::move(err).error();
  if (!junit) return std::move(junit).error();

  SpawnPlan plan;
  plan.own_session();
  plan.put_null(STDIN_FILENO);
  plan.put(out.value().write_end.get(), STDOUT_FILENO);
  plan.put(err.value().write_end.get(), STDERR_FILENO);
  const auto handed = hand_over(run, plan);
  if (!handed) return handed.error();
  plan.put(junit.value().get(), kJunitFd);

  auto arguments = arguments_for(run);
  arguments.insert(arguments.end(), {"--json", "--junit", child_file(kJunitFd)});
  auto pid = plan.spawn(std::move(arguments));
  if (!pid) return std::move(pid).error();
  out.value().write_end.reset();
  err.value().write_end.reset();

  HarnessAnswer answer;
  const Heard heard = collect(out.value(), err.value(), run, answer);
  if (heard != Heard::kAll) end_harness(pid.value(), -pid.value());
  answer.status = exit_status(pid.value());
  if (heard == Heard::kStop) return stopped();
  if (heard == Heard::kTimeOver) {
    return Error{Code::kTimeout,
                 "the conformance harness did not end in time:\n" + answer.diagnostics};
  }
  answer.report_junit = contents(junit.value());
  return answer;
}

Result<int> run_harness_attached(const HarnessRun &run, const std::vector<std::string> &arguments) {
  if (auto there = check_harness(run); !there) return std::move(there).error();
  SpawnPlan plan;
  const auto handed = hand_over(run, plan);
  if (!handed) return handed.error();
  auto all = arguments_for(run);
  all.insert(all.end(), arguments.begin(), arguments.end());
  auto pid = plan.spawn(std::move(all));
  if (!pid) return std::move(pid).error();
  const Heard heard = wait_for_end(pid.value(), run.stop_fd);
  if (heard != Heard::kAll) end_harness(pid.value(), pid.value());
  const int status = exit_status(pid.value());
  if (heard != Heard::kAll) return stopped();
  return status;
}

}  // namespace navistore::host
