// SPDX-License-Identifier: Apache-2.0
// Escaping of arbitrary bytes: messages quote what a plugin wrote, so nothing about them is
// certain.
#pragma once

#include <string>
#include <string_view>

namespace navistore::conformance {

std::string hex(std::string_view bytes);
// With the quotes. Bytes that are not valid UTF-8 become U+FFFD.
std::string json_string(std::string_view text);
// With the quotes. As above; characters that XML 1.0 does not allow become U+FFFD.
std::string xml_attribute(std::string_view text);
std::string xml_text(std::string_view text);
// For a terminal: control characters and bytes that are not UTF-8 as \xNN.
std::string printable(std::string_view text);

}  // namespace navistore::conformance
