// SPDX-License-Identifier: Apache-2.0
// The one door to spdlog. One line an event, to standard error or a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace navistore::telemetry {

enum class Level : uint8_t { kDebug, kInfo, kWarning, kError };

// Lines below the level are dropped. Until it is called: kInfo. [any thread]
void set_log_level(Level level);

// From now on lines go to the end of the file, which is opened anew, so that it can be renamed
// before. kDenied, and nothing changes: it cannot be written. [any thread]
Outcome log_to_file(const std::string &path);

// Control characters in text are shown as '?', so that a line is always one line. [any thread]
void log(Level level, std::string_view text);

}  // namespace navistore::telemetry
