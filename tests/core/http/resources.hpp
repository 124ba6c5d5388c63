// SPDX-License-Identifier: Apache-2.0
// What this process uses, to be compared before and after.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstddef>

#include "sdk/conformance/sanitized.hpp"

namespace navistore::http::testing {

// By how much memory may differ without anything being lost. AddressSanitizer keeps what was freed
// in a quarantine of up to 256 MiB.
inline constexpr size_t kMemorySlack = size_t{conformance::kSanitized ? 300U : 8U} * 1024 * 1024;

size_t open_descriptors();
size_t resident_bytes();
std::chrono::microseconds cpu_time();  // of all threads

// Lets the process have as many descriptors as it may. False: fewer than wanted.
bool allow_descriptors(size_t wanted);

// Holds the process to as many descriptors as are open now, and some.
class FewDescriptors {
 public:
  explicit FewDescriptors(size_t more);
  ~FewDescriptors();
  FewDescriptors(const FewDescriptors &) = delete;
  FewDescriptors &operator=(const FewDescriptors &) = delete;

 private:
  rlimit before_{};
};

}  // namespace navistore::http::testing
