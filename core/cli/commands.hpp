// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config/options.hpp"
#include "core/store/store.hpp"

namespace navistore::cli {

// What can be known to be wrong about the values of flags before anything is made or proven.
// kInvalid names the flag and the value.
Outcome check_flags(const config::ServeOptions &options);

// Each returns the exit status of the process, having said on stderr why it is not 0.
int run_check(const config::CheckOptions &options);
int run_backends(const config::BackendsOptions &options);
int run_import(const config::ImportOptions &options);

// Imports the old database that the options name, if there is one and it was not done before.
int import_once(const config::ServeOptions &options, store::Store &store);

// The exit status for a backend that was not admitted.
int exit_status_of_admission(const Error &error);

}  // namespace navistore::cli
