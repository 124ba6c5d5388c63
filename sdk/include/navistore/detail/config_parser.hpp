// SPDX-License-Identifier: Apache-2.0
// The JSON grammar behind navistore/config.hpp (RFC 8259, one flat object).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "navistore/backend.hpp"
#include "navistore/detail/config_string.hpp"

namespace navistore::backend::detail {

struct Setting {
  enum Type { kText, kNumber, kFlag };
  std::string key;
  Type type = kText;
  std::string value;  // text: unescaped; number: as written; flag: "true" or "false"
  bool asked = false;
};

inline Failure wrong_setting(std::string_view key, const std::string &why) {
  return {NAVI_INVALID, "config: '" + std::string(key) + "' " + why};
}

// True if `text` is a decimal number below 2^64 without sign, fraction and exponent.
inline bool whole_number(std::string_view text, uint64_t &number) {
  number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return false;
    number = number * 10 + digit;
  }
  return !text.empty();
}

class ConfigParser {
 public:
  explicit ConfigParser(std::string_view json) : cursor_(json) {}

  // The members of the object, in the order written.
  std::vector<Setting> parse() {
    std::vector<Setting> settings;
    cursor_.skip_space();
    cursor_.expect('{', "an object");
    cursor_.skip_space();
    if (!cursor_.accept('}')) {
      do {
        settings.push_back(member(settings));
        cursor_.skip_space();
      } while (cursor_.accept(','));
      cursor_.expect('}', "',' or '}'");
    }
    cursor_.skip_space();
    if (!cursor_.at_end()) cursor_.fail("the end of the text");
    return settings;
  }

 private:
  Setting member(const std::vector<Setting> &before) {
    Setting setting;
    cursor_.skip_space();
    setting.key = config_string(cursor_);
    for (const Setting &other : before) {
      if (other.key == setting.key) throw wrong_setting(setting.key, "occurs twice");
    }
    cursor_.skip_space();
    cursor_.expect(':', "':'");
    cursor_.skip_space();
    read_value(setting);
    return setting;
  }

  void read_value(Setting &setting) {
    const char c = cursor_.peek();
    if (c == '"') {
      setting.value = config_string(cursor_);
    } else if (c == '{' || c == '[') {
      throw wrong_setting(setting.key, "must not be an object or an array");
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      setting.type = Setting::kNumber;
      setting.value = read_number();
    } else {
      setting.type = Setting::kFlag;
      setting.value = read_word(setting.key);
    }
  }

  std::string read_word(const std::string &key) {
    std::string word;
    for (char c = cursor_.peek(); c >= 'a' && c <= 'z'; c = cursor_.peek()) {
      word += cursor_.next();
    }
    if (word == "null") throw wrong_setting(key, "must not be null");
    if (word != "true" && word != "false") cursor_.fail("a value");
    return word;
  }

  // number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ("e" / "E") [ "+" / "-" ] 1*digit
  // ]
  std::string read_number() {
    std::string number;
    if (cursor_.accept('-')) number += '-';
    if (cursor_.accept('0')) {
      number += '0';
    } else {
      read_digits(number);
    }
    if (cursor_.accept('.')) {
      number += '.';
      read_digits(number);
    }
    if (cursor_.peek() == 'e' || cursor_.peek() == 'E') {
      number += cursor_.next();
      if (cursor_.peek() == '+' || cursor_.peek() == '-') number += cursor_.next();
      read_digits(number);
    }
    return number;
  }

  void read_digits(std::string &number) {
    const size_t before = number.size();
    while (cursor_.peek() >= '0' && cursor_.peek() <= '9') number += cursor_.next();
    if (number.size() == before) cursor_.fail("a digit");
  }

  ConfigCursor cursor_;
};

}  // namespace navistore::backend::detail
