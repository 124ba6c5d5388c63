// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "navistore/backend.h"

namespace navistore::memory {

// The plugin's configuration; README.md says what each means.
struct Settings {
  uint64_t history;
  uint64_t history_bytes;
  uint64_t max_bytes;  // 0: no limit
};

// Throws backend::Failure(NAVI_INVALID), which names the key.
Settings read_settings(const char *config);

// What a store with these settings can do and takes.
navi_caps capabilities(const Settings &settings);

}  // namespace navistore::memory
