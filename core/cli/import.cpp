// SPDX-License-Identifier: Apache-2.0
// navistore import-classic, and the import of a server that takes the original's place.
#include <cstdio>
#include <filesystem>
#include <string>

#include "core/classic/import.hpp"
#include "core/classic/old_database.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/open_store.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::cli {

int run_import(const config::ImportOptions &options) {
  telemetry::set_log_level(telemetry::Level::kWarning);
  // What is wrong is told before a store is made.
  if (const auto good = check_flags(options.serve); !good) {
    return stop(config::kUsage, good.error());
  }
  if (const auto old = classic::OldDatabase::open(options.old_database); !old) {
    return stop(exit_status_of_open(old.error()), old.error());
  }
  const OpenedStore opened = open_store(options.serve);
  if (!opened.store) return opened.exit_status;
  const auto imported = classic::import_old(*opened.store, options.old_database);
  if (!imported) return stop(exit_status_of_open(imported.error()), imported.error());
  std::printf("%s\n", classic::describe(imported.value()).c_str());
  return config::kClean;
}

int import_once(const config::ServeOptions &options, store::Store &store) {
  std::error_code missing;
  const std::string &path = options.old_database;
  if (path.empty() || !std::filesystem::exists(path, missing)) return config::kClean;
  const auto imported = classic::import_old_once(store, path);
  if (!imported) return stop(exit_status_of_open(imported.error()), imported.error());
  if (imported.value()) {
    telemetry::log(telemetry::Level::kInfo, path + ": " + classic::describe(*imported.value()));
  }
  return config::kClean;
}

}  // namespace navistore::cli
