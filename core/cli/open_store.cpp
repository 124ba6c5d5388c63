// SPDX-License-Identifier: Apache-2.0
#include "core/cli/open_store.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cli/commands.hpp"
#include "core/host/admission.hpp"
#include "core/host/system_error.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::cli {
namespace {

using telemetry::Level;

Outcome make_data_dir(const std::string &path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure) return Done{};
  return host::system_error(failure.value(), "data directory " + path);
}

// What --require names of an opened store; the interfaces were checked when the backend was loaded.
Outcome check_required(const store::Facts &facts, const std::vector<std::string> &required) {
  for (const std::string &name : required) {
    const bool lacks = (name == "persistent" && !facts.persistent) ||
                       (name == "shared" && !facts.shared) ||
                       (name == "fast-reads" && !facts.fast_reads) ||
                       (name == "fast-writes" && !facts.fast_writes) ||
                       (name == "full-history" && !facts.full_history);
    if (lacks) {
      return Error{Code::kRefused,
                   "backend refused: it lacks '" + name + "', which --require names"};
    }
  }
  return Done{};
}

const char *describe(host::Verdict verdict) {
  switch (verdict) {
    case host::Verdict::kPassed: return "passed the conformance suite";
    case host::Verdict::kPassedFromCache: return "passed the conformance suite before";
    case host::Verdict::kSkipped: return "was NOT tested (--conformance skip)";
  }
  return "";
}

void log_admission(const host::Backend &backend) {
  const Level level = backend.verdict == host::Verdict::kSkipped ? Level::kWarning : Level::kInfo;
  telemetry::log(level,
                 "backend " + backend.id + " " + backend.version + " " + describe(backend.verdict));
}

Level level_of(store::LogLevel level) {
  switch (level) {
    case store::LogLevel::kDebug: return Level::kDebug;
    case store::LogLevel::kInfo: return Level::kInfo;
    case store::LogLevel::kWarning: return Level::kWarning;
    case store::LogLevel::kError: break;
  }
  return Level::kError;
}

void log_backend(store::LogLevel level, std::string_view line) {
  telemetry::log(level_of(level), "backend: " + std::string(line));
}

}  // namespace

int stop(int status, const Error &error) {
  std::fprintf(stderr, "navistore: %s\n", error.message.c_str());
  return status;
}

int exit_status_of_open(const Error &error) {
  if (error.code == Code::kInvalid || error.code == Code::kTooLarge) return config::kUsage;
  if (error.code == Code::kRefused) return config::kRefused;
  return error.code == Code::kInternal ? config::kInternal : config::kCannotOpen;
}

OpenedStore open_store(const config::ServeOptions &options) {
  if (auto made = make_data_dir(options.store.data_dir); !made) {
    return {nullptr, stop(config::kCannotOpen, made.error())};
  }
  auto backend = host::admit(options.admission);
  if (!backend) {
    return {nullptr, stop(exit_status_of_admission(backend.error()), backend.error())};
  }
  log_admission(backend.value());
  store::StoreOptions store_options = options.store;
  store_options.log = log_backend;
  auto opened = store::Store::open(std::move(backend).value(), std::move(store_options));
  if (!opened) return {nullptr, stop(exit_status_of_open(opened.error()), opened.error())};
  const auto enough = check_required(opened.value()->facts(), options.admission.require);
  if (!enough) return {nullptr, stop(config::kRefused, enough.error())};
  return {std::move(opened).value(), config::kClean};
}

}  // namespace navistore::cli
