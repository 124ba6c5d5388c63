// SPDX-License-Identifier: Apache-2.0
// What every command does that works on a store.
#pragma once

#include <memory>

#include "core/config/options.hpp"
#include "core/result.hpp"
#include "core/store/store.hpp"

namespace navistore::cli {

// Says why on stderr, whatever the log level, and returns the status.
int stop(int status, const Error &error);

// The store on the backend that the options name, once that was admitted. Null: exit_status tells
// what to end with; why was said.
struct OpenedStore {
  std::unique_ptr<store::Store> store;
  int exit_status = config::kClean;
};
OpenedStore open_store(const config::ServeOptions &options);

// The exit status where a store, or what lies in it, cannot be opened or read.
int exit_status_of_open(const Error &error);

}  // namespace navistore::cli
