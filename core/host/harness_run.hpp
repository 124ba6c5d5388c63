// SPDX-License-Identifier: Apache-2.0
// One run of the conformance harness on a backend, in a child of its own session.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace navistore::host {

// The harness beside this executable.
std::string harness_path();

// Longer than the harness lasts: it keeps limits of its own, a minute for all cases at the gate and
// 15 at the full tier, and lets a busy machine exceed them sixfold.
std::chrono::milliseconds time_limit(const std::string &tier);

struct HarnessRun {
  std::string plugin;       // path of the copy
  std::string config;       // JSON; handed over as a file descriptor, so secrets stay out of argv
  std::string scratch_dir;  // beside the data: where group M works
  std::string tier;         // "gate" or "full"
  std::string repeat;       // what a command begins with that runs this again, ready for a shell
  int stop_fd = -1;         // readable: the run is wanted no more; -1: it always is
  std::string harness = harness_path();
  std::chrono::milliseconds limit = time_limit(tier);
};

struct HarnessAnswer {
  // 0: all passed, 1: some case failed, 2: usage, 4: not a backend, 5: not tested, 6: it could not
  // work. Negative: killed by that signal.
  int status = 0;
  std::string report_json;
  std::string report_junit;
  std::string diagnostics;  // what it wrote to stderr
};

// Spawns the harness with a clean environment and waits. kTimeout: it did not end within the limit;
// kCancelled: stop_fd said so; either way it and what it started have ended by now, or do so at
// once. kIo: it cannot be started. Call it before any thread starts.
Result<HarnessAnswer> run_harness(const HarnessRun &run);

// The same with its output on ours, without a limit, and in our session and process group, so that
// a terminal's signals reach it; returns its exit status. For people at a terminal.
Result<int> run_harness_attached(const HarnessRun &run, const std::vector<std::string> &arguments);

}  // namespace navistore::host
