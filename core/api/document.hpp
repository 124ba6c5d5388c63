// SPDX-License-Identifier: Apache-2.0
// A subtree as one document: as=json, as=env, as=properties.
//
// Names are what follows the prefix. json: objects nest at '/'; where a key is also the parent of
// others, these stay beside it under their longer name, so that joining the names on the way to a
// value with '/' always gives the key back. Values are strings, but JSON where their Content-Type
// says so. env: NAME='value' lines for a POSIX shell, every byte outside [A-Za-z0-9] as '_', upper
// case. properties: Java's format, '/' as '.'.
// What a format cannot hold is refused with 406 and named: bytes that are not UTF-8, two keys that
// get one name, NUL in env.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/call.hpp"
#include "core/api/list_query.hpp"

namespace navistore::api {

struct Leaf {
  std::string name;  // the key without the prefix
  std::string value;
  std::string type;
};

// Each returns the document, or the fault that names what it cannot hold. leaves: in key order.
Result<std::string> render_json(const std::vector<Leaf> &leaves);
Result<std::string> render_env(const std::vector<Leaf> &leaves);
Result<std::string> render_properties(const std::vector<Leaf> &leaves);

// Answers the list as the document that its shape names, or with a problem. [reader pool]
std::optional<Shown> answer_document(Call &call, const ListQuery &query);

}  // namespace navistore::api
