// SPDX-License-Identifier: Apache-2.0
// as=env and as=properties: one line a key.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/api/document.hpp"

namespace navistore::api {
namespace {

// Which key took a name. Two keys with one name would silently lose a value.
class Names {
 public:
  Outcome take(const std::string &name, const std::string &key) {
    const auto [place, fresh] = taken_.emplace(name, key);
    if (fresh) return Done{};
    return Error{Code::kInvalid,
                 "'" + place->second + "' and '" + key + "' are both '" + name + "'"};
  }

 private:
  std::map<std::string, std::string> taken_;
};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string env_name(std::string_view key) {
  std::string name;
  for (const char c : key) {
    const bool lower = c >= 'a' && c <= 'z';
    name.push_back(lower ? static_cast<char>(c - 'a' + 'A') : is_alphanumeric(c) ? c : '_');
  }
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) name.insert(0, "_");
  return name;
}

// Bare where no reader of such files could take it otherwise, else in single quotes.
void append_shell_word(std::string_view value, std::string &text) {
  bool bare = true;
  for (const char c : value) {
    bare = bare &&
           (is_alphanumeric(c) || std::string_view("_-./:@%+,=").find(c) != std::string_view::npos);
  }
  if (bare) {
    text.append(value);
    return;
  }
  text.push_back('\'');
  for (const char c : value) {
    if (c == '\'') {
      text.append("'\\''");
    } else {
      text.push_back(c);
    }
  }
  text.push_back('\'');
}

void append_unit(uint32_t unit, std::string &text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  text.append("\\u");
  for (unsigned shift = 16; shift != 0; shift -= 4) text.push_back(kHex[unit >> (shift - 4) & 15U]);
}

// Cuts one character off well-formed UTF-8.
uint32_t cut_character(std::string_view &utf8) {
  const auto lead = static_cast<unsigned char>(utf8.front());
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    character = character << 6U | (static_cast<unsigned char>(utf8[i]) & 0x3FU);
  }
  utf8.remove_prefix(length);
  return character;
}

enum class Part : uint8_t { kName, kValue };

void append_ascii(char c, Part part, bool first, std::string &text) {
  switch (c) {
    case '\n': text.append("\\n"); return;
    case '\r': text.append("\\r"); return;
    case '\t': text.append("\\t"); return;
    case '\f': text.append("\\f"); return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
    append_unit(static_cast<unsigned char>(c), text);
    return;
  }
  const bool separator = std::string_view("=:#!").find(c) != std::string_view::npos;
  const bool blank = c == ' ' && (part == Part::kName || first);
  if (c == '\\' || separator || blank) text.push_back('\\');
  text.push_back(c);
}

// java.util.Properties: everything outside printable ASCII as UTF-16 units.
void append_property(std::string_view utf8, Part part, std::string &text) {
  bool first = true;
  while (!utf8.empty()) {
    const uint32_t character = cut_character(utf8);
    if (character < 0x80) {
      append_ascii(static_cast<char>(character), part, first, text);
    } else if (character < 0x10000) {
      append_unit(character, text);
    } else {
      append_unit(0xD800 + ((character - 0x10000) >> 10U), text);
      append_unit(0xDC00 + ((character - 0x10000) & 0x3FFU), text);
    }
    first = false;
  }
}

std::string property_name(std::string name) {
  for (char &c : name) {
    if (c == '/') c = '.';
  }
  return name;
}

}  // namespace

Result<std::string> render_env(const std::vector<Leaf> &leaves) {
  Names names;
  std::string text;
  for (const Leaf &leaf : leaves) {
    const std::string name = env_name(leaf.name);
    if (const auto taken = names.take(name, leaf.name); !taken) return taken.error();
    if (leaf.value.find('\0') != std::string::npos) {
      return Error{Code::kInvalid, "the value of '" + leaf.name + "' holds a NUL"};
    }
    text.append(name).push_back('=');
    append_shell_word(leaf.value, text);
    text.push_back('\n');
  }
  return text;
}

Result<std::string> render_properties(const std::vector<Leaf> &leaves) {
  Names names;
  std::string text;
  for (const Leaf &leaf : leaves) {
    const std::string name = property_name(leaf.name);
    if (const auto taken = names.take(name, leaf.name); !taken) return taken.error();
    append_property(name, Part::kName, text);
    text.push_back('=');
    append_property(leaf.value, Part::kValue, text);
    text.push_back('\n');
  }
  return text;
}

}  // namespace navistore::api
