// SPDX-License-Identifier: Apache-2.0
// The first process of a run: is it a backend, who is it, what does a store of it declare?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sdk/conformance/job.hpp"

namespace navistore::conformance {

struct PluginInfo {
  std::string id, version, about;
  uint64_t flags = 0;  // NAVI_CAP_*
  bool changes = false, watch = false, upkeep = false;
  std::vector<std::string>
      libraries;  // files of the shared objects that it runs with, its own not among them
};

// In the spawned process: reports kInfo, or kRefused with "not a backend: ..." or "open STATUS:
// ...".
int probe(const Job &job);

std::string to_text(const PluginInfo &info);
PluginInfo parse_info(const std::string &text);

}  // namespace navistore::conformance
