// SPDX-License-Identifier: Apache-2.0
#include "core/http/chunk_decoder.hpp"

#include <algorithm>

#include "core/http/syntax.hpp"

namespace navistore::http {
namespace {

constexpr uint64_t kMaxChunk = uint64_t{1} << 59;  // a further digit cannot overflow

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::next(std::string_view &input, std::string_view &data) {
  while (!input.empty() && at_ != At::kDone && at_ != At::kMalformed) {
    if (at_ == At::kData) {
      const auto length = static_cast<size_t>(std::min<uint64_t>(size_, input.size()));
      data = input.substr(0, length);
      input.remove_prefix(length);
      size_ -= length;
      if (size_ == 0) at_ = At::kDataCr;
      return State::kData;
    }
    at_ = step(input.front());
    input.remove_prefix(1);
  }
  if (at_ == At::kDone) return State::kDone;
  return at_ == At::kMalformed ? State::kMalformed : State::kMore;
}

ChunkDecoder::At ChunkDecoder::size_digit(char c, At otherwise) {
  const int digit = hex_digit(c);
  if (digit < 0) return otherwise;
  if (size_ >= kMaxChunk) return At::kMalformed;
  size_ = size_ * 16 + static_cast<uint64_t>(digit);
  return At::kSize;
}

// Blanks may only stand before an extension (RFC 9112 7.1.1): a reader that takes "1 0" for 1, or
// for 16, would frame the body differently.
ChunkDecoder::At ChunkDecoder::after_size(char c) {
  if (c == '\r' && at_ == At::kSize) return At::kSizeEnd;
  if (c == ';') return At::kExtension;
  return c == ' ' || c == '\t' ? extra(c, At::kSizeBlank) : At::kMalformed;
}

ChunkDecoder::At ChunkDecoder::extra(char c, At stay) {
  if (extra_left_ == 0 || !is(kValueChar, c)) return At::kMalformed;
  --extra_left_;
  return stay;
}

ChunkDecoder::At ChunkDecoder::step(char c) {
  switch (at_) {
    case At::kSizeFirst: size_ = 0; return size_digit(c, At::kMalformed);
    case At::kSize: return size_digit(c, after_size(c));
    case At::kSizeBlank: return after_size(c);
    case At::kExtension: return c == '\r' ? At::kSizeEnd : extra(c, At::kExtension);
    case At::kSizeEnd:
      if (c != '\n') return At::kMalformed;
      return size_ == 0 ? At::kTrailerStart : At::kData;
    case At::kDataCr: return c == '\r' ? At::kDataLf : At::kMalformed;
    case At::kDataLf: return c == '\n' ? At::kSizeFirst : At::kMalformed;
    case At::kTrailerStart:
      if (c == '\r') return At::kEnd;
      return is(kTokenChar, c) ? extra(c, At::kTrailerName) : At::kMalformed;
    case At::kTrailerName:
      if (c == ':') return extra(c, At::kTrailerValue);
      return is(kTokenChar, c) ? extra(c, At::kTrailerName) : At::kMalformed;
    case At::kTrailerValue: return c == '\r' ? At::kTrailerEnd : extra(c, At::kTrailerValue);
    case At::kTrailerEnd: return c == '\n' ? At::kTrailerStart : At::kMalformed;
    case At::kEnd: return c == '\n' ? At::kDone : At::kMalformed;
    case At::kData:
    case At::kDone:
    case At::kMalformed: break;
  }
  return At::kMalformed;
}

}  // namespace navistore::http
