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

// A verdict that nobody waited for is no success.
int exit_status_without_verdict(const Error &error) {
  return error.code == Code::kCancelled ? config::kInternal : exit_status_of_admission(error);
}

int run_check(const config::CheckOptions &options) {
  if (const auto good = host::check_config(options.admission); !good) {
    return stop(config::kUsage, good.error());
  }
  const auto checked = host::check(options.admission, options.harness_arguments);
  return checked ? config::kClean
                 : stop(exit_status_without_verdict(checked.error()), checked.error());
}

int run_backends(const config::BackendsOptions &options) {
  if (const auto good = host::check_config(options.admission); !good) {
    return stop(config::kUsage, good.error());
  }
  const auto found = host::list_backends(options.admission);
  if (!found) return stop(exit_status_without_verdict(found.error()), found.error());
  for (const host::Found &backend : found.value()) {
    std::printf("%-12s %s\n             %s\n", backend.name.c_str(), backend.verdict.c_str(),
                backend.path.c_str());
  }
  if (found.value().empty()) std::fprintf(stderr, "navistore: no backend found\n");
  return found.value().empty() ? config::kNotABackend : config::kClean;
}

}  // namespace navistore::cli
