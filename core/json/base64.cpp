// SPDX-License-Identifier: Apache-2.0
#include "core/json/base64.hpp"

#include <cstdint>

namespace navistore::json {
namespace {

constexpr std::string_view kPaddedDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int digit_value(char c, Alphabet alphabet) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  const std::string_view digits = alphabet == Alphabet::kUrl ? kUrlDigits : kPaddedDigits;
  if (c == digits[62]) return 62;
  if (c == digits[63]) return 63;
  return -1;
}

uint32_t byte_at(std::string_view bytes, size_t at) noexcept {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

// Digits of text without the padding, or npos when the padding is wrong.
size_t digit_count(std::string_view text, Alphabet alphabet) noexcept {
  if (alphabet == Alphabet::kUrl)
    return text.size() % 4 == 1 ? std::string_view::npos : text.size();
  if (text.size() % 4 != 0) return std::string_view::npos;
  size_t count = text.size();
  while (count > 0 && text.size() - count < 2 && text[count - 1] == '=') --count;
  return count;
}

}  // namespace

void append_base64(std::string_view bytes, Alphabet alphabet, std::string &out) {
  const std::string_view digits = alphabet == Alphabet::kUrl ? kUrlDigits : kPaddedDigits;
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const uint32_t group =
        byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
    const size_t used = bytes.size() - at < 3 ? bytes.size() - at + 1 : 4;
    for (size_t i = 0; i < used; ++i) out.push_back(digits[group >> (18 - 6 * i) & 63U]);
    if (alphabet == Alphabet::kPadded) out.append(4 - used, '=');
  }
}

std::optional<std::string> decode_base64(std::string_view text, Alphabet alphabet) {
  const size_t count = digit_count(text, alphabet);
  if (count == std::string_view::npos) return std::nullopt;
  std::string bytes;
  bytes.reserve(count * 3 / 4);
  uint32_t bits = 0;
  unsigned pending = 0;
  for (size_t i = 0; i < count; ++i) {
    const int digit = digit_value(text[i], alphabet);
    if (digit < 0) return std::nullopt;
    bits = bits << 6U | static_cast<uint32_t>(digit);
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    bytes.push_back(static_cast<char>(bits >> pending & 0xFFU));
  }
  const bool stray_bits = (bits & ((1U << pending) - 1U)) != 0;
  if (stray_bits) return std::nullopt;
  return bytes;
}

}  // namespace navistore::json
