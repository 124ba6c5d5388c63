// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/config_keys.hpp"

namespace navistore::conformance {
namespace {

constexpr char kSpace[] = " \t\r\n";

size_t skip_string(const std::string &text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// The place after the value that begins at `at`: the next comma or closing bracket of the same
// depth.
size_t skip_value(const std::string &text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return at;
}

}  // namespace

std::vector<std::string> configs_with_wrong_type(const std::string &config) {
  std::vector<std::string> changed;
  size_t at = config.find_first_not_of(kSpace);
  if (at == std::string::npos || config[at] != '{') return changed;
  for (;;) {
    at = config.find('"', at);
    if (at == std::string::npos) return changed;
    const size_t value = config.find(':', skip_string(config, at)) + 1;
    if (value == 0) return changed;
    const size_t end = skip_value(config, value);
    changed.push_back(config.substr(0, value) + "[{}]" + config.substr(end));
    if (end >= config.size() || config[end] != ',') return changed;
    at = end;
  }
}

std::string config_with_member(const std::string &config, const std::string &key) {
  const size_t open = config.find('{');
  const size_t next = open == std::string::npos ? open : config.find_first_not_of(kSpace, open + 1);
  if (next == std::string::npos) return config;
  const std::string member = "\"" + key + "\": 1";
  return config.substr(0, open + 1) + member + (config[next] == '}' ? "" : ", ") +
         config.substr(open + 1);
}

}  // namespace navistore::conformance
