// SPDX-License-Identifier: Apache-2.0
// A program that links counted_new.cpp counts what it allocates.
#pragma once

#include <cstdint>

namespace navistore::api::testing {

// Calls of operator new on this thread so far.
uint64_t allocations();

}  // namespace navistore::api::testing
