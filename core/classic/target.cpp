// SPDX-License-Identifier: Apache-2.0
#include "core/classic/target.hpp"

namespace navistore::classic {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string key_of(std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  path = path.substr(0, path.find('/'));
  std::string key;
  key.reserve(path.size());
  for (size_t at = 0; at < path.size(); ++at) {
    const bool escape = path[at] == '%' && path.size() - at > 2;
    const int high = escape ? hex_value(path[at + 1]) : -1;
    const int low = escape ? hex_value(path[at + 2]) : -1;
    if (high < 0 || low < 0) {
      key.push_back(path[at]);
      continue;
    }
    key.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return key;
}

}  // namespace navistore::classic
