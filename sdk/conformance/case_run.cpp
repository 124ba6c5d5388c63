// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/case_run.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "sdk/conformance/spawn.hpp"

namespace navistore::conformance {
namespace {

constexpr size_t kShownOutput = 2000;

std::runtime_error system_failure(const char *what) {
  return std::runtime_error(std::string(what) + ": " +
                            strerror(errno));  // NOLINT(concurrency-mt-unsafe): one thread
}

std::string signal_name(int signal) {
  const char *abbreviation = sigabbrev_np(signal);
  return abbreviation != nullptr ? std::string("SIG") + abbreviation
                                 : "signal " + std::to_string(signal);
}

std::string first_of(const RecordParser &parser, RecordKind kind) {
  for (const Record &record : parser.records()) {
    if (record.kind == kind) return record.text;
  }
  return "";
}

// All failures, one a line.
std::string failures_of(const RecordParser &parser) {
  std::string text;
  for (const Record &record : parser.records()) {
    if (record.kind != RecordKind::kFailure) continue;
    if (!text.empty()) text += '\n';
    text += record.text;
  }
  return text;
}

}  // namespace

CaseRun::CaseRun(Job job, const std::string &root, std::chrono::seconds limit)
    : name_(job.target), scratch_(root + "/" + job.target), limit_(limit), parser_(job.nonce) {
  std::error_code ignored;
  std::filesystem::remove_all(scratch_, ignored);
  if (mkdir(scratch_.c_str(), 0700) != 0) throw system_failure("cannot make the scratch directory");
  job.scratch = scratch_;
  out_fd_ = memfd_create("navistore-output", MFD_CLOEXEC);
  if (out_fd_ < 0) throw system_failure("cannot make a memfd");
  spawn(job);
}

void CaseRun::spawn(const Job &job) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("cannot make a pipe");
  records_fd_ = ends[0];
  fcntl(records_fd_, F_SETFL, O_NONBLOCK);
  Spawn spawn;
  spawn.job_fd = write_job(job);
  spawn.record_fd = ends[1];
  spawn.out_fd = out_fd_;
  if (spawn.job_fd >= 0) pid_ = spawn_self(spawn);
  ::close(spawn.job_fd);
  ::close(ends[1]);
  if (pid_ < 0) throw system_failure("cannot spawn a case process");
  starvation_.emplace(pid_);
  exit_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (exit_fd_ < 0) throw system_failure("pidfd_open");
}

CaseRun::~CaseRun() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {records_fd_, exit_fd_, out_fd_}) {
    if (fd >= 0) ::close(fd);
  }
  std::error_code ignored;
  std::filesystem::permissions(scratch_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(scratch_, ignored);
}

CaseRun::Clock::time_point CaseRun::deadline() const noexcept {
  return started_ + limit_ + std::min(starved(), limit_ * kMostPatience);
}

void CaseRun::drain() {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(records_fd_, buffer.data(), buffer.size());
    if (got <= 0) return;
    parser_.feed({buffer.data(), static_cast<size_t>(got)});
  }
}

CaseReport CaseRun::finish() {
  int status = 0;
  const bool in_time = waitpid(pid_, &status, WNOHANG) == pid_;
  const bool left_processes = in_time && kill(-pid_, 0) == 0;
  kill(-pid_, SIGKILL);
  if (!in_time) waitpid(pid_, &status, 0);
  pid_ = -1;
  drain();
  CaseReport report = judge(status, in_time, left_processes);
  report.name = name_;
  report.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  return report;
}

// An exit status alone is never a pass: the last record must be there, with the nonce.
CaseReport CaseRun::judge(int status, bool in_time, bool left_processes) const {
  const std::string failures = failures_of(parser_);
  const std::string shown = output();
  const std::string printed = shown.empty() ? "" : "\nprinted: " + shown;
  const auto verdict = [&](State state, const std::string &message) {
    CaseReport report;
    report.state = state;
    report.message =
        failures.empty() || state == State::kFail ? message : failures + '\n' + message;
    return report;
  };
  if (!in_time) return verdict(State::kTimeout, "still running at its time limit" + printed);
  if (WIFSIGNALED(status))
    return verdict(State::kCrash, "killed by " + signal_name(WTERMSIG(status)) + printed);
  if (!parser_.done()) {
    return verdict(State::kCrash, "the process ended with status " +
                                      std::to_string(WEXITSTATUS(status)) +
                                      " before the case was over" + printed);
  }
  if (!failures.empty()) return verdict(State::kFail, failures);
  if (WEXITSTATUS(status) != 0) {
    return verdict(State::kCrash,
                   "status " + std::to_string(WEXITSTATUS(status)) + " at exit" + printed);
  }
  if (parser_.saw_foreign_bytes())
    return verdict(State::kFail, "wrote to a descriptor that is not its own");
  if (!shown.empty()) return verdict(State::kFail, "wrote to stdout or stderr: " + shown);
  if (left_processes) return verdict(State::kFail, "left processes running");
  if (const std::string skip = first_of(parser_, RecordKind::kSkip); !skip.empty())
    return verdict(State::kSkip, skip);
  if (const std::string warning = first_of(parser_, RecordKind::kWarning); !warning.empty()) {
    return verdict(State::kWarn, warning);
  }
  return verdict(State::kPass, "");
}

std::string CaseRun::output() const {
  struct stat info {};
  if (fstat(out_fd_, &info) != 0 || info.st_size <= 0) return "";
  std::string text(std::min<size_t>(static_cast<size_t>(info.st_size), kShownOutput), '\0');
  const ssize_t got = pread(out_fd_, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

}  // namespace navistore::conformance
