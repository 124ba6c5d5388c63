// SPDX-License-Identifier: Apache-2.0
#include "core/http/message.hpp"

#include <algorithm>

#include "core/http/sealed_body.hpp"
#include "core/http/syntax.hpp"

namespace navistore::http {

std::optional<std::string_view> Request::field(std::string_view name) const {
  for (const Field &field : fields) {
    if (same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::joined(std::string_view name) const {
  std::optional<std::string> all;
  for (const Field &field : fields) {
    if (!same_name(field.name, name)) continue;
    if (all) {
      all->append(", ").append(field.value);
    } else {
      all.emplace(field.value);
    }
  }
  return all;
}

Response &Response::field(std::string_view name, std::string_view value) {
  const size_t start = fields.size();
  fields.resize(start + name.size() + value.size() + 4);
  char *at = std::copy(name.begin(), name.end(), &fields[start]);
  *at++ = ':';
  *at++ = ' ';
  at = std::transform(value.begin(), value.end(), at,
                      [](char c) { return c == '\r' || c == '\n' || c == '\0' ? ' ' : c; });
  *at++ = '\r';
  *at = '\n';
  return *this;
}

std::string_view Response::content() const { return sealed ? sealed->bytes() : body; }

void Response::clear() {
  status = 200;
  fields.clear();
  body.clear();
  sealed.reset();
  head_length.reset();
  length = Length::kKnown;
  after = After::kKeepAlive;
}

}  // namespace navistore::http
