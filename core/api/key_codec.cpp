// SPDX-License-Identifier: Apache-2.0
#include "core/api/key_codec.hpp"

#include <cstring>

#include "core/json/base64.hpp"

namespace navistore::api {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that %XX at text[at] stands for, or -1.
int escaped_byte(std::string_view text, size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~' || c == '/';
}

Fault bad_encoding() {
  return {Problem::kKeyInvalid, "the key: '%' must be followed by two hex digits", 0};
}

Fault too_long(size_t max) {
  return {Problem::kKeyTooLong, "the key is longer than " + std::to_string(max) + " bytes", max};
}

Fault empty_key() { return {Problem::kKeyInvalid, "the key is empty", 0}; }

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus == Plus::kBlank) {
      bytes.push_back(' ');
      continue;
    }
    if (text[at] != '%') {
      bytes.push_back(text[at]);
      continue;
    }
    const int byte = escaped_byte(text, at);
    if (byte < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
    at += 2;
  }
  return bytes;
}

void append_percent_encoded(std::string_view bytes, std::string &out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : bytes) {
    if (is_plain(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
}

std::optional<Fault> Key::from_path(std::string_view encoded, size_t max) {
  size_ = 0;
  if (!encoded.empty() && encoded.size() <= max && encoded.find('%') == std::string_view::npos) {
    size_ = encoded.copy(buffer_.data(), buffer_.size());
    return std::nullopt;
  }
  bool over = false;
  for (size_t at = 0; at < encoded.size(); ++at) {
    int byte = static_cast<unsigned char>(encoded[at]);
    if (encoded[at] == '%') {
      byte = escaped_byte(encoded, at);
      if (byte < 0) return bad_encoding();
      at += 2;
    }
    over = over || size_ == max;
    if (!over) buffer_[size_++] = static_cast<char>(byte);  // NOLINT: size_ < max <= kMaxKey
  }
  if (over) return too_long(max);
  if (size_ == 0) return empty_key();
  return std::nullopt;
}

std::optional<Fault> Key::from_base64(std::string_view encoded, size_t max) {
  const auto bytes = json::decode_base64(encoded, json::Alphabet::kUrl);
  if (!bytes) return Fault{Problem::kKeyInvalid, "key64: expected base64url without padding", 0};
  if (auto fault = check_key(*bytes, max)) return fault;
  size_ = bytes->size();
  std::memcpy(buffer_.data(), bytes->data(), size_);
  return std::nullopt;
}

std::optional<Fault> check_key(std::string_view key, size_t max) {
  if (key.empty()) return empty_key();
  if (key.size() > max) return too_long(max);
  return std::nullopt;
}

}  // namespace navistore::api
