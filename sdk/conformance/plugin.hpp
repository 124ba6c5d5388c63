// SPDX-License-Identifier: Apache-2.0
// The plugin, loaded into a case process.
#pragma once

#include <navistore/backend.h>

#include <string>

namespace navistore::conformance {

// Never unloaded. Valid until the process ends.
struct Plugin {
  std::string path;
  void *handle = nullptr;
  const navi_entry *entry = nullptr;
  const navi_store_api *store = nullptr;
  const navi_changes_api *changes = nullptr;  // NULL: not offered
  const navi_watch_api *watch = nullptr;
  const navi_upkeep_api *upkeep = nullptr;
};

// Loads with RTLD_NOW | RTLD_LOCAL and checks entry and vtables. On failure returns the reason,
// else "". Call once a process. [any]
std::string load_plugin(const std::string &path, Plugin &plugin);

// NULL or complete: the first member that is NULL or missing, or "".
std::string vtable_defect(const Plugin &plugin);

// The host that the harness shows to plugins: counts log lines, tells kNow-like wall time, knows no
// interface.
const navi_host &harness_host();

}  // namespace navistore::conformance
