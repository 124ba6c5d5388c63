// SPDX-License-Identifier: Apache-2.0
#include "core/api/cause_log.hpp"

#include <string>

#include "core/telemetry/line_limit.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::api {

void log_cause(const Error &cause, std::string_view request_id) {
  static telemetry::LineLimit limit;  // one, as the log is
  const auto left_out =
      limit.admit(static_cast<size_t>(cause.code), telemetry::LineLimit::Clock::now());
  if (!left_out) return;
  std::string line = "request ";
  line.append(request_id).append(" failed: ").append(cause.message);
  if (*left_out != 0) line.append(" (and " + std::to_string(*left_out) + " more before it)");
  telemetry::log(telemetry::Level::kWarning, line);
}

}  // namespace navistore::api
