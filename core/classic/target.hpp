// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace navistore::classic {

// The key that a path names: its first segment, percent-decoded once. Like the original, a '%' that
// two hex digits do not follow stands for itself.
std::string key_of(std::string_view path);

}  // namespace navistore::classic
