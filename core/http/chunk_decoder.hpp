// SPDX-License-Identifier: Apache-2.0
// The chunked transfer coding of requests (RFC 9112 7.1), byte by byte: any cut gives the same.
#pragma once

#include <cstdint>
#include <string_view>

namespace navistore::http {

class ChunkDecoder {
 public:
  enum class State : uint8_t { kMore, kData, kDone, kMalformed };

  // extra_bytes: how much chunk extensions, and trailer fields, may have together.
  explicit ChunkDecoder(uint64_t extra_bytes) : extra_left_(extra_bytes) {}

  // Consumes bytes from the front of input, up to the next run of data or the end of the body.
  // kData: data is a part of the body (inside input); call again. kMore: all input was used.
  // kDone: what is left in input belongs to the next request. Trailer fields are checked, then
  // dropped (RFC 9110 6.5.1).
  State next(std::string_view &input, std::string_view &data);

 private:
  enum class At : uint8_t {
    kSizeFirst,
    kSize,
    kSizeBlank,
    kExtension,
    kSizeEnd,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerEnd,
    kEnd,
    kDone,
    kMalformed
  };

  At step(char c);
  At size_digit(char c, At otherwise);
  At after_size(char c);
  At extra(char c, At stay);

  At at_ = At::kSizeFirst;
  uint64_t size_ = 0;  // of the chunk, then what is left of it
  uint64_t extra_left_;
};

}  // namespace navistore::http
