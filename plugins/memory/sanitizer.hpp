// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace navistore::memory {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NAVISTORE_MEMORY_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define NAVISTORE_MEMORY_ASAN 1
#endif

#if defined(NAVISTORE_MEMORY_ASAN)
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

}  // namespace navistore::memory
