// SPDX-License-Identifier: Apache-2.0
// The few parts of CBOR (RFC 8949) that the host's record needs, in deterministic encoding
// (section 4.2.1: every head in its shortest form, definite lengths only).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace navistore::store::cbor {

enum class Major : uint8_t { kUnsigned = 0, kBytes = 2, kText = 3, kArray = 4, kMap = 5 };

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
  [[nodiscard]] bool head(Major major, uint64_t &argument);
  [[nodiscard]] bool string(Major major, std::string_view &bytes);
  [[nodiscard]] bool is_true();
  // Takes the text string `name` if it comes next, else takes nothing.
  bool take_name(std::string_view name);

 private:
  std::string_view rest_;
};

}  // namespace navistore::store::cbor
