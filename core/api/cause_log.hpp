// SPDX-License-Identifier: Apache-2.0
// Why the store failed, in the log: a client learns only what does not tell of the machine.
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace navistore::api {

// At most one line a second for each code, with the number of those left out before it, so that an
// overload does not write a line for each request that it refuses. [any thread]
void log_cause(const Error &cause, std::string_view request_id);

}  // namespace navistore::api
