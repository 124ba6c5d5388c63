// SPDX-License-Identifier: Apache-2.0
#include "change_log.hpp"

namespace navistore::sqlite {
namespace {

void append_length(std::string &out, size_t length) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out += static_cast<char>((length >> shift) & 0xff);
  }
}

}  // namespace

void ChangePacker::add(const LoggedChange &change) {
  packed_ += static_cast<char>(change.kind);
  packed_ += static_cast<char>(change.flags);
  append_length(packed_, change.key.len);
  append_length(packed_, change.meta.len);
  packed_ += backend::view(change.key);
  packed_ += backend::view(change.meta);
}

navi_bytes ChangePacker::packed() const noexcept { return backend::bytes(packed_); }

bool ChangeUnpacker::next(LoggedChange &change) {
  if (rest_.len == 0) return false;
  const navi_bytes head = take(2);
  change.kind = head.ptr[0];
  change.flags = head.ptr[1];
  const uint32_t key_length = take_length();
  const uint32_t meta_length = take_length();
  change.key = take(key_length);
  change.meta = take(meta_length);
  return true;
}

navi_bytes ChangeUnpacker::take(size_t size) {
  if (size > rest_.len) throw backend::Failure(NAVI_CORRUPT, "a row of the change log is cut off");
  const navi_bytes taken = {rest_.ptr, size};
  rest_ = {rest_.ptr + size, rest_.len - size};
  return taken;
}

uint32_t ChangeUnpacker::take_length() {
  const navi_bytes bytes = take(4);
  uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= static_cast<uint32_t>(bytes.ptr[i]) << (8 * i);
  return length;
}

}  // namespace navistore::sqlite
