// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace navistore::json {

// How bytes are shown: as text where they are UTF-8, or always as base64.
enum class Encoding : uint8_t { kText, kBase64 };

// Appends JSON text to a string, without a tree in between. The caller keeps the nesting right;
// commas are the writer's. Borrows out.
class Writer {
 public:
  explicit Writer(std::string &out) : out_(out) {}

  Writer &begin_object() { return open('{'); }
  Writer &end_object() { return close('}'); }
  Writer &begin_array() { return open('['); }
  Writer &end_array() { return close(']'); }
  Writer &name(std::string_view name);
  Writer &string(std::string_view text);  // bytes that are not UTF-8 become U+FFFD
  Writer &number(uint64_t value);
  Writer &real(double value);  // finite
  Writer &boolean(bool value);
  Writer &null() { return raw("null"); }
  Writer &raw(std::string_view json);  // a complete value, or in an object members

  // name and value of one member
  Writer &member(std::string_view key, std::string_view text) { return name(key).string(text); }
  Writer &member(std::string_view key, uint64_t value) { return name(key).number(value); }
  // "key":"text" where the bytes are UTF-8 and encoding allows it, else "key64":"base64".
  Writer &bytes(std::string_view key, std::string_view bytes, Encoding encoding);

 private:
  Writer &open(char bracket);
  Writer &close(char bracket);
  void separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }
  void quote(std::string_view utf8);

  std::string &out_;
  bool comma_ = false;
};

}  // namespace navistore::json
