// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace navistore::conformance {

// Whether this is compiled with AddressSanitizer or ThreadSanitizer, which take time and memory for
// themselves. gcc says so by macros, clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace navistore::conformance
