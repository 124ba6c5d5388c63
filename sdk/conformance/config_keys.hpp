// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace navistore::conformance {

// The JSON object `config` with the value of one top-level member replaced by `[{}]`, which is no
// plausible setting; one text for each member. Empty when config is not an object or has none.
std::vector<std::string> configs_with_wrong_type(const std::string &config);
// The object with one more member.
std::string config_with_member(const std::string &config, const std::string &key);

}  // namespace navistore::conformance
