// SPDX-License-Identifier: Apache-2.0
#include "core/json/writer.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "core/json/base64.hpp"
#include "core/json/utf8.hpp"

namespace navistore::json {
namespace {

bool must_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether none of eight bytes must be escaped: A. Mycroft's test for a zero byte, and its relative
// for a byte below a bound ("Bit Twiddling Hacks"). Bytes above 0x7F pass.
bool eight_plain(const char *bytes) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const uint64_t quote = word ^ kOnes * '"';
  const uint64_t backslash = word ^ kOnes * '\\';
  const uint64_t found = ((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
                         ((backslash - kOnes) & ~backslash);
  return (found & kOnes * 0x80) == 0;
}

// Bytes at the front of text that are written as they are.
size_t plain_prefix(std::string_view text) noexcept {
  size_t at = 0;
  while (text.size() - at >= 8 && eight_plain(text.data() + at)) at += 8;
  while (at < text.size() && !must_escape(text[at])) ++at;
  return at;
}

void append_escape(char c, std::string &out) {
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[static_cast<unsigned char>(c) >> 4U]);
  out.push_back(kHex[static_cast<unsigned char>(c) & 15U]);
}

}  // namespace

Writer &Writer::open(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

Writer &Writer::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

Writer &Writer::name(std::string_view name) {
  separate();
  quote(name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

Writer &Writer::string(std::string_view text) {
  separate();
  size_t good = utf8_prefix(text);
  if (good == text.size()) {
    quote(text);
    return *this;
  }
  std::string repaired;
  while (good < text.size()) {
    repaired.append(text.substr(0, good)).append("\xEF\xBF\xBD");
    text.remove_prefix(good + 1);
    good = utf8_prefix(text);
  }
  quote(repaired.append(text));
  return *this;
}

void Writer::quote(std::string_view utf8) {
  out_.push_back('"');
  for (size_t plain = plain_prefix(utf8); plain < utf8.size(); plain = plain_prefix(utf8)) {
    out_.append(utf8.substr(0, plain));
    append_escape(utf8[plain], out_);
    utf8.remove_prefix(plain + 1);
  }
  out_.append(utf8).push_back('"');
}

Writer &Writer::number(uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return raw({digits.data(), static_cast<size_t>(end - digits.data())});
}

Writer &Writer::real(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return raw({digits.data(), static_cast<size_t>(end - digits.data())});
}

Writer &Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer &Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

Writer &Writer::bytes(std::string_view key, std::string_view bytes, Encoding encoding) {
  separate();
  const bool as_text = encoding == Encoding::kText && is_utf8(bytes);
  out_.push_back('"');
  out_.append(key).append(as_text ? "\":" : "64\":\"");
  if (as_text) {
    quote(bytes);
  } else {
    append_base64(bytes, Alphabet::kPadded, out_);
    out_.push_back('"');
  }
  return *this;
}

}  // namespace navistore::json
