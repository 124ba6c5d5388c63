// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/runner.hpp"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "sdk/conformance/case_run.hpp"
#include "sdk/conformance/confine.hpp"

namespace navistore::conformance {
namespace {

using Clock = CaseRun::Clock;

constexpr std::chrono::milliseconds kBetweenLooks{50};

std::string random_hex(size_t bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes; ++i) {
    unsigned char byte = 0;
    if (getrandom(&byte, 1, 0) != 1) throw std::runtime_error("no random bytes");
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// A directory of the run's own, removed with everything in it.
class ScratchRoot {
 public:
  explicit ScratchRoot(const std::string &parent)
      : path_(parent + "/navistore-conformance-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr)
      throw std::runtime_error("cannot make a directory in " + parent);
  }
  ~ScratchRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchRoot(const ScratchRoot &) = delete;
  ScratchRoot &operator=(const ScratchRoot &) = delete;
  const std::string &path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::string fast_scratch() {
  return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm"
                                              : std::filesystem::temp_directory_path().string();
}

// FNV-1a (draft-eastlake-fnv), so that a case has the same seed alone as in the whole run.
uint64_t case_seed(uint64_t run_seed, const std::string &name) {
  uint64_t hash = 14695981039346656037u ^ run_seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

// Takes SIGTERM, SIGINT and SIGHUP as something to look at, so that a run that is told to end
// clears away what it made.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd_ < 0) throw std::runtime_error("signalfd");
  }
  ~StopSignals() { ::close(fd_); }
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

class Suite {
 public:
  Suite(const Options &options, const std::string &config)
      : options_(options),
        config_(config),
        fast_(fast_scratch()),
        durable_(options.scratch.empty() ? std::filesystem::temp_directory_path().string()
                                         : options.scratch),
        case_limit_(options.case_seconds != 0 ? options.case_seconds : case_seconds(options.tier)),
        suite_limit_(options.suite_seconds != 0 ? options.suite_seconds
                                                : suite_seconds(options.tier)) {}
  ~Suite() {
    running_.clear();
    kill_orphans();
  }
  Suite(const Suite &) = delete;
  Suite &operator=(const Suite &) = delete;
  // Throws std::runtime_error when it is told to end, or cannot work.
  SuiteReport run();

 private:
  Job make_job(const std::string &role, const std::string &target);
  std::unique_ptr<CaseRun> start(const std::string &role, const std::string &target);
  // Runs the probe. False: the report is final.
  bool probe_plugin();
  void run_cases();
  void start_some();
  void wait_for_some();
  static void kill_orphans();
  Clock::time_point deadline() const;

  const Options &options_;
  const std::string &config_;
  const StopSignals stop_;
  const ScratchRoot fast_;
  const ScratchRoot durable_;
  const std::chrono::seconds case_limit_;
  const std::chrono::seconds suite_limit_;
  const Clock::time_point started_ = Clock::now();
  Clock::duration starved_{0};  // cases that are over
  const std::string run_id_ = random_hex(4);
  std::deque<const Case *> waiting_;
  std::vector<std::unique_ptr<CaseRun>> running_;
  SuiteReport report_;
};

Job Suite::make_job(const std::string &role, const std::string &target) {
  Job job;
  job.role = role;
  job.target = target;
  job.plugin = std::filesystem::absolute(options_.plugin).string();
  job.config = config_;
  job.nonce = random_hex(16);
  job.ns = "navi-" + run_id_ + "-" + random_hex(4);
  job.seed = case_seed(options_.seed, target);
  job.tier = options_.tier;
  return job;
}

std::unique_ptr<CaseRun> Suite::start(const std::string &role, const std::string &target) {
  const ScratchRoot &root = target[0] == 'M' ? durable_ : fast_;
  return std::make_unique<CaseRun>(make_job(role, target), root.path(), case_limit_);
}

bool Suite::probe_plugin() {
  running_.push_back(start("probe", "probe"));
  while (!running_.empty() && report_.cases.empty()) wait_for_some();
  CaseReport result = std::move(report_.cases.front());
  report_.cases.clear();
  if (report_.reason.empty() && !result.bad()) return true;
  report_.verdict = Verdict::kFailed;
  constexpr std::string_view kNotABackend = "not a backend: ";
  if (report_.reason.rfind(kNotABackend, 0) == 0) {
    report_.verdict = Verdict::kNotABackend;
    report_.reason.erase(0, kNotABackend.size());
  }
  if (report_.reason.rfind("open UNAVAILABLE", 0) == 0) report_.verdict = Verdict::kNotTested;
  if (report_.verdict == Verdict::kFailed) {
    if (!report_.reason.empty()) result.message = report_.reason;
    result.state = result.bad() ? result.state : State::kFail;
    report_.reason.clear();
    report_.cases.push_back(std::move(result));
  }
  return false;
}

void Suite::run_cases() {
  for (const Case *entry : select_cases(options_)) waiting_.push_back(entry);
  while (!waiting_.empty() || !running_.empty()) {
    start_some();
    wait_for_some();
  }
}

void Suite::start_some() {
  while (running_.size() < options_.jobs && !waiting_.empty()) {
    const std::string name = waiting_.front()->name;
    waiting_.pop_front();
    if (Clock::now() < deadline()) {
      running_.push_back(start("case", name));
    } else {
      report_.cases.push_back(
          {name, State::kTimeout, "not run: the time for all cases is over", 0});
    }
  }
}

void Suite::wait_for_some() {
  std::vector<pollfd> fds;
  Clock::time_point wake = std::min(deadline(), Clock::now() + kBetweenLooks);
  for (const auto &run : running_) {
    fds.push_back({run->record_fd(), POLLIN, 0});
    fds.push_back({run->exit_fd(), POLLIN, 0});
    wake = std::min(wake, run->deadline());
  }
  fds.push_back({stop_.fd(), POLLIN, 0});
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(wake - Clock::now()).count();
  poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(0, left) + 1));
  if ((fds.back().revents & POLLIN) != 0) throw std::runtime_error("told to end");
  const auto now = Clock::now();
  for (size_t i = running_.size(); i-- > 0;) {
    CaseRun &run = *running_[i];
    run.drain();
    run.look();
    pollfd exited{run.exit_fd(), POLLIN, 0};
    if (poll(&exited, 1, 0) != 1 && now < run.deadline() && now < deadline()) {
      // A pipe that hung up would wake poll() at once again: the case closed our descriptor.
      if ((fds[2 * i].revents & POLLHUP) != 0) poll(&exited, 1, 10);
      continue;
    }
    starved_ += run.starved();
    report_.cases.push_back(run.finish());
    for (const Record &record : run.records().records()) {
      if (record.kind == RecordKind::kInfo) report_.plugin = parse_info(record.text);
      if (record.kind == RecordKind::kRefused) report_.reason = record.text;
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Cases that run at the same time starve at the same time.
Clock::time_point Suite::deadline() const {
  Clock::duration starved = starved_;
  for (const auto &run : running_) starved += run->starved();
  const Clock::duration most = suite_limit_ * kMostPatience;
  return started_ + suite_limit_ + std::min(starved / options_.jobs, most);
}

// Processes that left their group were inherited by this one, the subreaper.
void Suite::kill_orphans() {
  std::error_code ignored;
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  const std::string self = std::to_string(getpid());
  std::string children;
  if (FILE *file = fopen(("/proc/self/task/" + self + "/children").c_str(), "re")) {
    int pid = 0;
    while (fscanf(file, "%d", &pid) == 1) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    fclose(file);
  }
}

SuiteReport Suite::run() {
  if (probe_plugin()) {
    run_cases();
    bool passed = !report_.cases.empty();
    for (const CaseReport &result : report_.cases) passed = passed && !result.bad();
    report_.verdict = passed ? Verdict::kPassed : Verdict::kFailed;
    if (report_.cases.empty()) report_.reason = "no case was run";
  }
  std::sort(report_.cases.begin(), report_.cases.end(),
            [](const CaseReport &a, const CaseReport &b) { return a.name < b.name; });
  report_.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  return std::move(report_);
}

}  // namespace

SuiteReport run_suite(const Options &options, const std::string &config) {
  return Suite(options, config).run();
}

}  // namespace navistore::conformance
