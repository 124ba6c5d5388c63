// SPDX-License-Identifier: Apache-2.0
// The character classes of RFC 9110 5.5 and 5.6, and the comparisons that go with them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

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
  const auto class_at = [text](size_t i) { return kCharClasses[static_cast<uint8_t>(text[i])]; };
  unsigned common = wanted;
  size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    common &= class_at(i) & class_at(i + 1) & class_at(i + 2) & class_at(i + 3);
  }
  for (; i < text.size(); ++i) common &= class_at(i);
  return common != 0;
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

// Bytes as one number that is the same whatever the case of their letters.
template <class Number>
Number caseless(const char *bytes) {
  constexpr Number kCaseBits = static_cast<Number>(0x2020202020202020);
  Number number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number | kCaseBits;
}

// The same for a text without control characters and a word of 4 to 16 letters, digits and hyphens:
// only a capital letter or a control character differs from those in one bit alone.
template <size_t kSize>
bool is_word(std::string_view text, const char (&word)[kSize]) {
  using Number = std::conditional_t<(kSize > 8), uint64_t, uint32_t>;
  constexpr size_t kLength = kSize - 1;
  constexpr size_t kLast = kLength - sizeof(Number);  // the two halves may overlap
  static_assert(kLength >= sizeof(Number) && kLast <= sizeof(Number));
  return text.size() == kLength && caseless<Number>(text.data()) == caseless<Number>(word) &&
         caseless<Number>(text.data() + kLast) == caseless<Number>(word + kLast);
}

inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace navistore::http
