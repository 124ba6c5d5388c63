// SPDX-License-Identifier: Apache-2.0
// JSON strings (RFC 8259 section 7) and the place in the text that errors name.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "navistore/backend.hpp"

namespace navistore::backend::detail {

class ConfigCursor {
 public:
  explicit ConfigCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  char next() {
    if (at_end()) fail("more");
    return text_[at_++];
  }
  bool accept(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, const char *what) {
    if (!accept(c)) fail(what);
  }
  void skip_space() {
    while (accept(' ') || accept('\t') || accept('\n') || accept('\r')) {
    }
  }
  // The text itself is not quoted: it may hold a password.
  [[noreturn]] void fail(const char *expected) const {
    throw Failure(NAVI_INVALID, "config: not a JSON object: at byte " + std::to_string(at_) +
                                    ": expected " + expected);
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

inline void append_utf8(std::string &out, uint32_t code) {
  const auto tail = [&out](uint32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(code >> 6);
    tail(code);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(code >> 12);
    tail(code >> 6);
    tail(code);
  }
}

inline uint32_t four_hex_digits(ConfigCursor &cursor) {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = cursor.peek();
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A' + 10);
    } else {
      cursor.fail("a hexadecimal digit");
    }
    cursor.next();
    code = code * 16 + digit;
  }
  return code;
}

// After "\u": one code unit, or a surrogate pair. A lone surrogate and U+0000 are refused: neither
// can be part of a path or of a C string.
inline void unicode_escape(ConfigCursor &cursor, std::string &out) {
  uint32_t code = four_hex_digits(cursor);
  if (code >= 0xd800 && code < 0xdc00) {
    cursor.expect('\\', "the second half of a surrogate pair");
    cursor.expect('u', "the second half of a surrogate pair");
    const uint32_t low = four_hex_digits(cursor);
    if (low < 0xdc00 || low > 0xdfff) cursor.fail("the second half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code == 0 || (code >= 0xdc00 && code <= 0xdfff)) {
    cursor.fail("a character that text can hold");
  }
  append_utf8(out, code);
}

inline void escape(ConfigCursor &cursor, std::string &out) {
  const char c = cursor.next();
  switch (c) {
    case '"':
    case '\\':
    case '/': out += c; break;
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    case 'u': unicode_escape(cursor, out); break;
    default: cursor.fail("an escape of JSON");
  }
}

// Bytes from 0x80 on are taken as they are.
inline std::string config_string(ConfigCursor &cursor) {
  std::string out;
  cursor.expect('"', "a string");
  while (!cursor.accept('"')) {
    const char c = cursor.next();
    if (static_cast<unsigned char>(c) < 0x20) cursor.fail("no control character");
    if (c == '\\') {
      escape(cursor, out);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace navistore::backend::detail
