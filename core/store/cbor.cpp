// SPDX-License-Identifier: Apache-2.0
#include "core/store/cbor.hpp"

#include <endian.h>

#include <array>
#include <cstring>

namespace navistore::store::cbor {
namespace {

constexpr char kTrue = static_cast<char>(0xf5);

char initial_byte(Major major, unsigned additional) {
  return static_cast<char>(static_cast<unsigned>(major) << 5 | additional);
}

unsigned width_code(uint64_t argument) {
  if (argument <= UINT8_MAX) return 0;
  if (argument <= UINT16_MAX) return 1;
  return argument <= UINT32_MAX ? 2 : 3;
}

// The first `width` of bytes, 1 to 8. Where more follow, as they do in all but the last number of a
// record, one load takes them all.
uint64_t big_endian(std::string_view bytes, size_t width) {
  uint64_t number = 0;
  if (bytes.size() >= sizeof number) {
    std::memcpy(&number, bytes.data(), sizeof number);
    return be64toh(number) >> (64 - 8 * width);
  }
  for (const char c : bytes.substr(0, width)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

void append_head(std::string &out, Major major, uint64_t argument) {
  if (argument < kOneByte) {
    out.push_back(initial_byte(major, static_cast<unsigned>(argument)));
    return;
  }
  const unsigned code = width_code(argument);
  const size_t width = size_t{1} << code;
  const uint64_t big_endian = htobe64(argument << (64 - 8 * width));
  std::array<char, 1 + sizeof big_endian> head;
  head[0] = initial_byte(major, kOneByte + code);
  std::memcpy(&head[1], &big_endian, sizeof big_endian);
  out.append(head.data(), 1 + width);
}

void append_string(std::string &out, Major major, std::string_view bytes) {
  append_head(out, major, bytes.size());
  out.append(bytes);
}

void append_true(std::string &out) { out.push_back(kTrue); }

bool Reader::long_head(Major major, uint64_t &argument) {
  const unsigned first = rest_.empty() ? kNothing : static_cast<unsigned char>(rest_[0]);
  const unsigned code = first - (static_cast<unsigned>(major) << 5) - kOneByte;
  if (code > 3) return false;
  const size_t width = size_t{1} << code;
  if (rest_.size() < 1 + width) return false;
  argument = big_endian(rest_.substr(1), width);
  rest_.remove_prefix(1 + width);
  return argument >= kOneByte && width_code(argument) == code;
}

bool Reader::string(Major major, std::string_view &bytes) {
  uint64_t length = 0;
  if (!head(major, length) || length > rest_.size()) return false;
  bytes = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool Reader::is_true() {
  if (rest_.empty() || rest_[0] != kTrue) return false;
  rest_.remove_prefix(1);
  return true;
}

}  // namespace navistore::store::cbor
