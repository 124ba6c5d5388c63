// SPDX-License-Identifier: Apache-2.0
// What this process uses, to be compared before and after.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstddef>

namespace navistore::http::testing {

// By how much memory may differ without anything being lost. AddressSanitizer keeps what was freed
// in a quarantine of up to 256 MiB.
#if defined(__has_feature)  // clang's way to say __SANITIZE_ADDRESS__
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1  // NOLINT(bugprone-reserved-identifier): gcc's name for it
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr size_t kMemorySlack = size_t{300} * 1024 * 1024;
#else
inline constexpr size_t kMemorySlack = size_t{8} * 1024 * 1024;
#endif

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
