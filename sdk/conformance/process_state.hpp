// SPDX-License-Identifier: Apache-2.0
// What of a process a plugin must leave alone, and what it must give back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace navistore::conformance {

// Working directory, umask, locale, environment, signal handlers, signal mask of this thread: one
// line each. Equal texts mean that nothing was touched.
std::string process_settings();

// Descriptors that are open now, each with what it refers to.
std::set<std::string> open_descriptors();
// Thread ids of this process.
std::set<int> thread_ids();
// Bytes of address space (neighbouring mappings merge, so their number says little).
size_t address_space();

struct ProcessState {
  std::string settings;
  std::set<std::string> descriptors;
  std::set<int> threads;

  static ProcessState now() { return {process_settings(), open_descriptors(), thread_ids()}; }
};

// Whether the thread blocks every signal that can be blocked, other than those libc keeps for
// itself.
bool blocks_all_signals(int thread_id);

}  // namespace navistore::conformance
