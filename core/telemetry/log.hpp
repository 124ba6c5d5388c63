// SPDX-License-Identifier: Apache-2.0
// The one door to spdlog. One line an event, to standard error.
#pragma once

#include <cstdint>
#include <string_view>

namespace navistore::telemetry {

enum class Level : uint8_t { kDebug, kInfo, kWarning, kError };

// Lines below the level are dropped. Until it is called: kInfo. [any thread]
void set_log_level(Level level);

// Control characters in text are shown as '?', so that a line is always one line. [any thread]
void log(Level level, std::string_view text);

}  // namespace navistore::telemetry
