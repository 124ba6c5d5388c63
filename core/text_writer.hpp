// SPDX-License-Identifier: Apache-2.0
// Text composed in memory of the caller's. What is written at each request goes through it: every
// piece is a plain copy, and the whole enters a string in one step.
#pragma once

#include <array>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace navistore {

class TextWriter {
 public:
  // Borrows room, which must hold all that is written.
  template <size_t kSize>
  explicit TextWriter(std::array<char, kSize> &room)
      : start_(room.data()), at_(start_), end_(start_ + kSize) {}

  TextWriter &text(std::string_view piece) {
    assert(piece.size() <= static_cast<size_t>(end_ - at_));
    at_ += piece.copy(at_, piece.size());  // unlike memcpy, takes a view of nothing
    return *this;
  }
  // At most 20 digits.
  TextWriter &decimal(uint64_t number) {
    at_ = std::to_chars(at_, end_, number).ptr;
    return *this;
  }
  // 00 to 99.
  TextWriter &two_digits(unsigned number) { return text({&kDecimalPairs[2 * number], 2}); }
  // 16 digits in lower case, the most significant first.
  TextWriter &hex(uint64_t number) {
    std::array<char, 16> digits;
    for (size_t i = 16; i != 0; number >>= 8U) {
      i -= 2;
      std::memcpy(&digits[i], &kHexPairs[2 * (number & 0xFFU)], 2);
    }
    return text({digits.data(), digits.size()});
  }

  std::string_view written() const { return {start_, static_cast<size_t>(at_ - start_)}; }

 private:
  // All pairs of digits of that base, in order.
  template <size_t kBase>
  static constexpr std::array<char, 2 * kBase * kBase> make_pairs() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 2 * kBase * kBase> pairs{};
    for (size_t i = 0; i < kBase * kBase; ++i) {
      pairs[2 * i] = kDigits[i / kBase];
      pairs[2 * i + 1] = kDigits[i % kBase];
    }
    return pairs;
  }
  static const std::array<char, 200> kDecimalPairs;
  static const std::array<char, 512> kHexPairs;

  char *const start_;
  char *at_;
  char *const end_;
};

inline constexpr std::array<char, 200> TextWriter::kDecimalPairs = make_pairs<10>();
inline constexpr std::array<char, 512> TextWriter::kHexPairs = make_pairs<16>();

}  // namespace navistore
