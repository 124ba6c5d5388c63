// SPDX-License-Identifier: Apache-2.0
// One spawned case process, as the runner sees it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "sdk/conformance/job.hpp"
#include "sdk/conformance/record.hpp"
#include "sdk/conformance/report.hpp"
#include "sdk/conformance/starvation.hpp"

namespace navistore::conformance {

class CaseRun {
 public:
  using Clock = std::chrono::steady_clock;

  // Spawns the process. `root` is a directory in which the run makes its own. Throws
  // std::runtime_error.
  CaseRun(Job job, const std::string &root, std::chrono::seconds limit);
  ~CaseRun();
  CaseRun(const CaseRun &) = delete;
  CaseRun &operator=(const CaseRun &) = delete;

  int record_fd() const noexcept { return records_fd_; }
  int exit_fd() const noexcept { return exit_fd_; }  // readable when the process has ended
  // The time limit, later by as much as the machine kept the case from running, within bounds.
  Clock::time_point deadline() const noexcept;
  Clock::duration starved() const noexcept { return starvation_->total(); }
  void look() { starvation_->look(); }  // every now and then while it runs

  void drain();  // reads what records are there
  // The process has ended, or its time is over: kills its group, takes its status, gives the
  // verdict.
  CaseReport finish();
  const RecordParser &records() const noexcept { return parser_; }

 private:
  void spawn(const Job &job);
  CaseReport judge(int status, bool in_time, bool left_processes) const;
  std::string output() const;  // what went to stdout and stderr

  const std::string name_;
  const std::string scratch_;
  const Clock::time_point started_ = Clock::now();
  const Clock::duration limit_;
  std::optional<Starvation> starvation_;  // since the process is there
  RecordParser parser_;
  pid_t pid_ = -1;
  int records_fd_ = -1;
  int exit_fd_ = -1;
  int out_fd_ = -1;
};

}  // namespace navistore::conformance
