// SPDX-License-Identifier: Apache-2.0
// Strict reading of a backend's JSON configuration (navi_open.config), with nothing but the C++
// library.
//
//   Config config(request.config);
//   const std::string path = config.text("path", "data.db");
//   const uint64_t limit = config.number("limit", 1000, {1, 1000000});
//   const bool fast = config.flag("fast", false);
//   config.finish();   // whatever was not asked for is refused by name
//
// A configuration is one flat JSON object (RFC 8259) of strings, numbers, true and false.
// Everything else is a Failure(NAVI_INVALID) that names the key: a value of another type or out of
// range, null, an object or an array as a value, a key that occurs twice, a key nobody asked for;
// and so is text that is not JSON. NULL and the empty text mean: every default.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "navistore/backend.hpp"
#include "navistore/detail/config_parser.hpp"

namespace navistore::backend {

class Config {
 public:
  struct Range {
    uint64_t least, most;  // both are allowed
  };

  explicit Config(const char *json) {
    if (json != nullptr && *json != '\0') settings_ = detail::ConfigParser(json).parse();
  }

  // Each getter answers `fallback` if the key is not there. A key may be asked for more than once.

  std::string text(std::string_view key, std::string_view fallback) {
    const detail::Setting *setting = find(key, detail::Setting::kText, "a string");
    return setting == nullptr ? std::string(fallback) : setting->value;
  }

  // One of `choices`; the answer is its index. `fallback` is an index, too.
  size_t choice(std::string_view key, const std::vector<std::string_view> &choices,
                size_t fallback) {
    const detail::Setting *setting = find(key, detail::Setting::kText, "a string");
    if (setting == nullptr) return fallback;
    std::string wanted;
    for (size_t i = 0; i < choices.size(); ++i) {
      if (setting->value == choices[i]) return i;
      wanted.append(i == 0 ? "" : ", ").append(choices[i]);
    }
    throw detail::wrong_setting(key, "must be one of: " + wanted);
  }

  // A whole number without sign, fraction and exponent.
  uint64_t number(std::string_view key, uint64_t fallback, Range range) {
    const detail::Setting *setting = find(key, detail::Setting::kNumber, "a number");
    if (setting == nullptr) return fallback;
    uint64_t number = 0;
    if (!detail::whole_number(setting->value, number) || number < range.least ||
        number > range.most) {
      throw detail::wrong_setting(key, "must be a whole number from " +
                                           std::to_string(range.least) + " to " +
                                           std::to_string(range.most));
    }
    return number;
  }

  bool flag(std::string_view key, bool fallback) {
    const detail::Setting *setting = find(key, detail::Setting::kFlag, "true or false");
    return setting == nullptr ? fallback : setting->value == "true";
  }

  // Call it after the last getter: refuses the first key that none of them asked for.
  void finish() const {
    for (const detail::Setting &setting : settings_) {
      if (!setting.asked) throw detail::wrong_setting(setting.key, "is not a known key");
    }
  }

 private:
  const detail::Setting *find(std::string_view key, detail::Setting::Type type,
                              const char *wanted) {
    for (detail::Setting &setting : settings_) {
      if (setting.key != key) continue;
      if (setting.type != type) throw detail::wrong_setting(key, std::string("must be ") + wanted);
      setting.asked = true;
      return &setting;
    }
    return nullptr;
  }

  std::vector<detail::Setting> settings_;
};

}  // namespace navistore::backend
