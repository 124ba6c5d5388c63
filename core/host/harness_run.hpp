// SPDX-License-Identifier: Apache-2.0
// One run of the conformance harness on a backend, in a child of its own session.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace navistore::host {

struct HarnessRun {
  std::string plugin;       // path of the copy
  std::string config;       // JSON; handed over as a file descriptor, so secrets stay out of argv
  std::string scratch_dir;  // beside the data: where group M works
  std::string tier;         // "gate" or "full"
};

struct HarnessAnswer {
  // 0: all passed, 1: some case failed, 2: usage, 4: not a backend, 5: not tested. Negative: killed
  // by that signal.
  int status = 0;
  std::string report_json;
  std::string report_junit;
  std::string diagnostics;  // what it wrote to stderr
};

// The harness beside this executable.
std::string harness_path();

// Spawns the harness with a clean environment and waits, at most a minute at the gate (then its
// process group is killed: kTimeout). kNotFound: no harness beside the executable; kIo. Call it
// before any thread starts.
Result<HarnessAnswer> run_harness(const HarnessRun &run);

// The same with its output on ours; returns its exit status. For people at a terminal.
Result<int> run_harness_attached(const HarnessRun &run, const std::vector<std::string> &arguments);

}  // namespace navistore::host
