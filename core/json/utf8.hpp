// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace navistore::json {

// Length of the longest prefix of text that is well-formed UTF-8 (RFC 3629: no surrogates, no
// overlong forms, nothing above U+10FFFF). text.size() means: all of it is.
size_t utf8_prefix(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept { return utf8_prefix(text) == text.size(); }

}  // namespace navistore::json
