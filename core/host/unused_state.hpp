// SPDX-License-Identifier: Apache-2.0
// What the state directory keeps of earlier starts, and when it goes.
#pragma once

#include <chrono>
#include <string>

namespace navistore::host {

// So long after the last start that used it.
constexpr std::chrono::hours kUnusedFor{30 * 24};

// Removes what no start has used for longer than that: copies of plugins with their passes, and
// what killed starts left unfinished. What belongs to a plugin that a running server uses stays.
void remove_unused(const std::string &state_dir, std::chrono::hours longer_than = kUnusedFor);

}  // namespace navistore::host
