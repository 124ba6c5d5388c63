// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace navistore::json {

// The two alphabets of RFC 4648: section 4 with padding, section 5 without.
enum class Alphabet : unsigned char { kPadded, kUrl };

void append_base64(std::string_view bytes, Alphabet alphabet, std::string &out);

// The bytes, or nothing when text is not exactly what append_base64 would write: wrong alphabet,
// wrong padding, stray bits after the last byte.
std::optional<std::string> decode_base64(std::string_view text, Alphabet alphabet);

}  // namespace navistore::json
