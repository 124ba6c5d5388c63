// SPDX-License-Identifier: Apache-2.0
// Runs the conformance harness on the faulty store and tells what failed.
#pragma once

#include <string>
#include <vector>

namespace navistore::faulty {

struct HarnessRun {
  std::string library;  // "faulty", "faulty_extra_symbol"
  std::string config;
  std::vector<std::string> cases;  // none: the whole gate
};

struct HarnessResult {
  std::string output;
  std::vector<std::string> failed;  // FAIL, CRASH and TIMEOUT
  bool passed = false;              // the harness said so and ended with status 0
};

HarnessResult run_harness(const HarnessRun &run);

// The cases of a tier ("gate", "full", "soak") and of those below it.
std::vector<std::string> cases_up_to(const std::string &tier);

}  // namespace navistore::faulty
