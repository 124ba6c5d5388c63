// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdk/conformance/case.hpp"

namespace navistore::conformance {

// The first act of the runner: ends with the process that started it, gains no privileges, dumps no
// core.
void confine_runner();

// The first act of a case process: dies with the runner; the same, and limits on CPU time,
// descriptors and memory.
void confine_case_process(Tier tier);

// Seconds a case may take, and all cases together. A sanitizer build gets six times as much.
unsigned case_seconds(Tier tier);
unsigned suite_seconds(Tier tier);

}  // namespace navistore::conformance
