// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdk/conformance/report.hpp"

namespace navistore::conformance {

// Runs the selected cases, each in a process of its own, several at a time. Never loads the plugin
// itself.
SuiteReport run_suite(const Options &options, const std::string &config);

}  // namespace navistore::conformance
