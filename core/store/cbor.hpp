// SPDX-License-Identifier: Apache-2.0
// The few parts of CBOR (RFC 8949) that the host's record needs, in deterministic encoding
// (section 4.2.1: every head in its shortest form, definite lengths only).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace navistore::store::cbor {

enum class Major : uint8_t { kUnsigned = 0, kBytes = 2, kText = 3, kArray = 4, kMap = 5 };

// From this additional information on, the argument follows in 1, 2, 4 or 8 bytes.
inline constexpr unsigned kOneByte = 24;
inline constexpr char kTextOfOne = 0x61;  // the head of a text string of one character

// Appends the head of a data item: its major type and argument.
void append_head(std::string &out, Major major, uint64_t argument);
void append_string(std::string &out, Major major, std::string_view bytes);
void append_true(std::string &out);

// Reads from the front of borrowed bytes, without allocation. A call that returns false leaves the
// reader unusable: the input is not what was asked for, is cut, or is not in its shortest form.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::string_view rest() const { return rest_; }
  [[nodiscard]] bool head(Major major, uint64_t &argument) {
    const unsigned first = rest_.empty() ? kNothing : static_cast<unsigned char>(rest_[0]);
    const unsigned short_argument = first - (static_cast<unsigned>(major) << 5);
    if (short_argument >= kOneByte) return long_head(major, argument);
    argument = short_argument;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool string(Major major, std::string_view &bytes);
  [[nodiscard]] bool is_true();
  // Takes the text string of that one character if it comes next, else takes nothing.
  bool take_name(char name) {
    if (rest_.size() < 2 || rest_[0] != kTextOfOne || rest_[1] != name) return false;
    rest_.remove_prefix(2);
    return true;
  }

 private:
  static constexpr unsigned kNothing = 256;
  bool long_head(Major major, uint64_t &argument);

  std::string_view rest_;
};

}  // namespace navistore::store::cbor
