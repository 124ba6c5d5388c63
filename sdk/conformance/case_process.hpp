// SPDX-License-Identifier: Apache-2.0
// The side of the harness that loads plugins: runs in processes that the runner spawned.
#pragma once

#include "sdk/conformance/job.hpp"

namespace navistore::conformance {

constexpr char kCaseProcessFlag[] = "--case-process";  // the only argument of such a process

// Reads the job, does it, reports. Returns the exit status of the process; it says nothing about
// the verdict.
int case_process_main();

// The job of this process. Only in a case process.
const Job &current_job();

}  // namespace navistore::conformance
