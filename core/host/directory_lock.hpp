// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/descriptor.hpp"

namespace navistore::host {

enum class Claim { kShared, kAlone };

// A directory's lock, held until the descriptor is closed or the process ends. None: others' claims
// contradict, or the directory is not there (any more). Never waits.
Descriptor lock_directory(const std::string &path, Claim claim);

}  // namespace navistore::host
