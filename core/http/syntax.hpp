// SPDX-License-Identifier: Apache-2.0
// The character classes of RFC 9110 5.5 and 5.6, and the comparisons that go with them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace navistore::http {

enum CharClass : uint8_t {
  kTokenChar = 1,   // RFC 9110 5.6.2: what names and methods are made of
  kValueChar = 2,   // RFC 9110 5.5: tab, blank, visible, obs-text; no other control
  kTargetChar = 4,  // visible ASCII but '#', and bytes above 0x7F, which clients send raw
  kHostChar = 8,    // RFC 3986 3.2.2 and 3.2.3: a registered name, address literal and port
};

constexpr std::array<uint8_t, 256> make_char_classes() {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) {
    uint8_t &entry = classes[c];
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c == '\t' || (c >= ' ' && c != 0x7F)) entry |= kValueChar;
    if (c > ' ' && c != 0x7F && c != '#') entry |= kTargetChar;
    if (alnum) entry |= kTokenChar | kHostChar;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[uint8_t(c)] |= kTokenChar;
  for (const char c : std::string_view("-._~!$&'()*+,;=:[]%")) classes[uint8_t(c)] |= kHostChar;
  return classes;
}

inline constexpr std::array<uint8_t, 256> kCharClasses = make_char_classes();

inline bool is(CharClass wanted, char c) {
  return (kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

inline bool all_are(CharClass wanted, std::string_view text) {
  for (const char c : text) {
    if (!is(wanted, c)) return false;
  }
  return true;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// ASCII case is ignored.
inline bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// The same for a text without control characters and a word of lower-case letters, digits and
// hyphens: only a capital letter or a control character differs from those in this bit alone.
inline bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  int difference = 0;
  for (size_t i = 0; i < word.size(); ++i) difference |= (text[i] | 0x20) ^ word[i];
  return difference == 0;
}

inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace navistore::http
