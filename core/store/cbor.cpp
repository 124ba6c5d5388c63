// SPDX-License-Identifier: Apache-2.0
#include "core/store/cbor.hpp"

namespace navistore::store::cbor {
namespace {

constexpr char kTrue = static_cast<char>(0xf5);
constexpr unsigned kOneByte = 24;  // additional information: the argument follows in 1, 2, 4, 8

char initial_byte(Major major, unsigned additional) {
  return static_cast<char>(static_cast<unsigned>(major) << 5 | additional);
}

unsigned width_code(uint64_t argument) {
  if (argument <= UINT8_MAX) return 0;
  if (argument <= UINT16_MAX) return 1;
  return argument <= UINT32_MAX ? 2 : 3;
}

}  // namespace

void append_head(std::string &out, Major major, uint64_t argument) {
  if (argument < kOneByte) {
    out.push_back(initial_byte(major, static_cast<unsigned>(argument)));
    return;
  }
  const unsigned code = width_code(argument);
  out.push_back(initial_byte(major, kOneByte + code));
  for (unsigned shift = 8U << code; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(argument >> (shift - 8) & 0xff));
  }
}

void append_string(std::string &out, Major major, std::string_view bytes) {
  append_head(out, major, bytes.size());
  out.append(bytes);
}

void append_true(std::string &out) { out.push_back(kTrue); }

bool Reader::head(Major major, uint64_t &argument) {
  if (rest_.empty()) return false;
  const auto first = static_cast<unsigned char>(rest_[0]);
  const unsigned additional = first & 0x1fU;
  if (first >> 5 != static_cast<unsigned>(major) || additional >= kOneByte + 4) return false;
  if (additional < kOneByte) {
    argument = additional;
    rest_.remove_prefix(1);
    return true;
  }
  const unsigned code = additional - kOneByte;
  const size_t width = size_t{1} << code;
  if (rest_.size() < 1 + width) return false;
  argument = 0;
  for (size_t i = 1; i <= width; ++i) {
    argument = argument << 8 | static_cast<unsigned char>(rest_[i]);
  }
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

bool Reader::take_name(std::string_view name) {
  Reader probe = *this;
  std::string_view found;
  if (!probe.string(Major::kText, found) || found != name) return false;
  *this = probe;
  return true;
}

}  // namespace navistore::store::cbor
