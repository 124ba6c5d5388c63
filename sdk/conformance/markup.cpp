// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/markup.hpp"

#include <cstdio>

namespace navistore::conformance {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

unsigned byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool continues(std::string_view text, size_t i) { return (byte_at(text, i) & 0xC0) == 0x80; }

// Length of the well-formed UTF-8 sequence at i, or 0 (Unicode 15, table 3-7).
size_t sequence_length(std::string_view text, size_t i) {
  const unsigned first = byte_at(text, i);
  const unsigned second = byte_at(text, i + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(text, i + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return continues(text, i + 1) && continues(text, i + 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_high = first == 0xF4 && second > 0x8F;
    return continues(text, i + 1) && continues(text, i + 2) && continues(text, i + 3) &&
                   !overlong && !too_high
               ? 4
               : 0;
  }
  return 0;
}

std::string formatted(const char *format, unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// Calls one(byte) for each ASCII byte and appends other valid sequences as they are; the rest is
// bad(byte).
template <class One, class Bad>
std::string rewrite(std::string_view text, One one, Bad bad) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = sequence_length(text, i);
    if (length == 0) {
      out += bad(byte_at(text, i));
    } else if (length == 1) {
      out += one(byte_at(text, i));
    } else {
      out += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return out;
}

std::string replaced(unsigned) { return kReplacement; }

std::string xml_byte(unsigned byte) {
  switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\n':
    case '\t':
    case '\r': return formatted("&#%u;", byte);
    default: return byte < 0x20 ? kReplacement : std::string(1, static_cast<char>(byte));
  }
}

std::string json_byte(unsigned byte) {
  if (byte == '"' || byte == '\\') return {'\\', static_cast<char>(byte)};
  if (byte == '\n') return "\\n";
  if (byte < 0x20 || byte == 0x7f) return formatted("\\u%04x", byte);
  return std::string(1, static_cast<char>(byte));
}

std::string visible_byte(unsigned byte) {
  if (byte >= 0x20 && byte != 0x7f) return std::string(1, static_cast<char>(byte));
  return byte == '\n' ? " | " : formatted("\\x%02x", byte);
}

}  // namespace

std::string hex(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) text += formatted("%02x", byte_at(bytes, i));
  return text;
}

std::string json_string(std::string_view text) {
  return '"' + rewrite(text, json_byte, replaced) + '"';
}
std::string xml_attribute(std::string_view text) {
  return '"' + rewrite(text, xml_byte, replaced) + '"';
}
std::string xml_text(std::string_view text) { return rewrite(text, xml_byte, replaced); }
std::string printable(std::string_view text) {
  return rewrite(text, visible_byte, [](unsigned byte) { return formatted("\\x%02x", byte); });
}

}  // namespace navistore::conformance
