// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/host/backend.hpp"
#include "core/result.hpp"

namespace navistore::host {

// Loads the library (RTLD_NOW, RTLD_LOCAL, never unloaded) and reads its entry: the symbol must be
// that file's own, with our magic, and the store interface complete. Fills path, id, version, about
// and the vtables. kInvalid: not a backend; the message says what is wrong.
Result<Backend> load_plugin(const std::string &path);

}  // namespace navistore::host
