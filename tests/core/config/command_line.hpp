// SPDX-License-Identifier: Apache-2.0
// Command lines, as a test gives them and as the program refuses them.
#pragma once

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/config/options.hpp"

namespace navistore::config::testing {

inline Parsed parse(std::vector<const char *> arguments) {
  arguments.insert(arguments.begin(), "navistore");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

// The exit status, and what was said on stderr: "2 --threads: ...".
inline std::string refused(std::vector<const char *> arguments) {
  const std::ostringstream said;
  auto *before = std::cerr.rdbuf(said.rdbuf());
  const Parsed parsed = parse(std::move(arguments));
  std::cerr.rdbuf(before);
  CHECK_FALSE(parsed.command_line);
  return std::to_string(parsed.exit_status) + " " + said.str();
}

}  // namespace navistore::config::testing
