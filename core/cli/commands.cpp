// SPDX-License-Identifier: Apache-2.0
#include "core/cli/commands.hpp"

#include <cstdio>
#include <string>

#include "core/cli/open_store.hpp"

namespace navistore::cli {

int exit_status_of_admission(const Error &error) {
  switch (error.code) {
    case Code::kCancelled: return config::kClean;
    case Code::kRefused:
    case Code::kTimeout: return config::kRefused;
    case Code::kNotFound:
    case Code::kNotABackend: return config::kNotABackend;
    case Code::kInvalid: return config::kUsage;
    case Code::kInternal: return config::kInternal;
    default: return config::kCannotOpen;
  }
}

int run_check(const config::CheckOptions &options) {
  if (const auto good = host::check_config(options.admission); !good) {
    return stop(config::kUsage, good.error());
  }
  const auto checked = host::check(options.admission, options.harness_arguments);
  return checked ? config::kClean
                 : stop(exit_status_of_admission(checked.error()), checked.error());
}

int run_backends(const config::BackendsOptions &options) {
  if (const auto good = host::check_config(options.admission); !good) {
    return stop(config::kUsage, good.error());
  }
  const auto found = host::list_backends(options.admission);
  for (const host::Found &backend : found) {
    std::printf("%-12s %s\n             %s\n", backend.name.c_str(), backend.verdict.c_str(),
                backend.path.c_str());
  }
  if (found.empty()) std::fprintf(stderr, "navistore: no backend found\n");
  return found.empty() ? config::kNotABackend : config::kClean;
}

}  // namespace navistore::cli
