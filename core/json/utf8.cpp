// SPDX-License-Identifier: Apache-2.0
#include "core/json/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace navistore::json {
namespace {

bool continues(unsigned char byte) noexcept { return (byte & 0xC0U) == 0x80U; }

struct Form {  // the well-formed byte sequences of RFC 3629, section 4
  size_t length;
  unsigned char second_low;
  unsigned char second_high;
};

Form form_of(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes of the well-formed sequence at text[at], 0 when there is none.
size_t sequence_at(std::string_view text, size_t at) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const Form form = form_of(byte(0));
  if (form.length == 0 || text.size() - at < form.length) return 0;
  if (byte(1) < form.second_low || byte(1) > form.second_high) return 0;
  for (size_t i = 2; i < form.length; ++i) {
    if (!continues(byte(i))) return 0;
  }
  return form.length;
}

bool eight_ascii(const char *bytes) noexcept {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return (word & 0x8080808080808080U) == 0;
}

}  // namespace

size_t utf8_prefix(std::string_view text) noexcept {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && eight_ascii(text.data() + at)) {
      at += 8;
      continue;
    }
    const size_t length = static_cast<unsigned char>(text[at]) < 0x80 ? 1 : sequence_at(text, at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

}  // namespace navistore::json
