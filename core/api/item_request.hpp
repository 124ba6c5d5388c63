// SPDX-License-Identifier: Apache-2.0
// What the requests on one key have in common.
#pragma once

#include <optional>

#include "core/api/call.hpp"
#include "core/api/key_codec.hpp"
#include "core/api/parameters.hpp"
#include "core/json/writer.hpp"

namespace navistore::api {

inline constexpr std::string_view kCollectionPath = "/v1/kv";
inline constexpr std::string_view kItemPath = "/v1/kv/";

// The key that the path or ?key64= names.
std::optional<Fault> locate(const Call &call, Parameters &parameters, Key &key);

// The longest key that the store takes, bytes.
size_t max_key(const store::Store &store);

// ?encoding=base64 or text; anything else becomes a fault of the parameters.
json::Encoding take_encoding(Parameters &parameters);

}  // namespace navistore::api
