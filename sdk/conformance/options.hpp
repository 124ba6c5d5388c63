// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sdk/conformance/case.hpp"

namespace navistore::conformance {

struct Options {
  enum class Action { kRun, kList, kVersion, kHelp };
  enum class Console { kText, kJson };
  Action action = Action::kRun;
  Console console = Console::kText;
  std::string plugin;
  std::string config_path;         // empty: "{}"
  std::vector<std::string> cases;  // names, group letters or globs; empty: all of the tier
  Tier tier = Tier::kGate;
  uint64_t seed = 0;                             // of the whole run
  unsigned jobs = 0;                             // cases at a time
  unsigned case_seconds = 0, suite_seconds = 0;  // 0: the tier's
  std::string scratch;                           // for group M: beside the data
  std::string junit_path;                        // empty: none
  std::string repeat_path;  // holds how the printed commands begin; empty: with this executable
};

// "" or what is wrong with the arguments.
std::string parse_options(int argc, char **argv, Options &options);
extern const char kUsage[];

const char *tier_name(Tier tier);

// The cases that the options select, sorted by name. A case that is named is run whatever its tier
// is.
std::vector<const Case *> select_cases(const Options &options);

}  // namespace navistore::conformance
