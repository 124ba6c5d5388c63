// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>

namespace navistore::telemetry {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: break;
  }
  return spdlog::level::err;
}

constexpr const char *kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Where lines go: a sink that may be replaced while others write.
const std::shared_ptr<spdlog::sinks::dist_sink_mt> &outlet() {
  static const auto outlet = [] {
    auto made = std::make_shared<spdlog::sinks::dist_sink_mt>();
    made->add_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return made;
  }();
  return outlet;
}

spdlog::logger &logger() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("navistore", outlet());
    made->set_pattern(kPattern);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

}  // namespace

void set_log_level(Level level) { logger().set_level(level_of(level)); }

// The file is tried before: where it cannot be opened, the sink would throw.
Outcome log_to_file(const std::string &path) {
  if (!std::ofstream(path, std::ios::app)) {
    return Error{Code::kDenied, "cannot write to the log file " + path};
  }
  auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  file->set_pattern(kPattern);
  outlet()->set_sinks({std::move(file)});
  return Done{};
}

void log(Level level, std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  logger().log(level_of(level), "{}", line);
}

}  // namespace navistore::telemetry
