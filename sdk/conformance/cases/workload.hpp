// SPDX-License-Identifier: Apache-2.0
// Threads that do random transactions, reads and scans on a few keys and write down what they were
// told.
#pragma once

#include <chrono>
#include <vector>

#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/linearizability.hpp"

namespace navistore::conformance {

struct WorkloadPlan {
  size_t threads = 4;
  uint32_t keys = 8;
  std::chrono::milliseconds duration{1000};
  size_t max_operations = 100'000;  // of one thread
};

// Runs the plan on stores that are handles of one empty namespace (thread i uses handle i modulo
// their number) and returns the history; at its end all keys were read. Uses fixture.random(). A
// call that fails otherwise than by CONFLICT or an unknown outcome fails the case.
std::vector<Operation> run_workload(Fixture &fixture, const std::vector<Store *> &stores,
                                    const WorkloadPlan &plan);

}  // namespace navistore::conformance
