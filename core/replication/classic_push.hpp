// SPDX-License-Identifier: Apache-2.0
// What a PUT or DELETE of the classic API carries beside key and value when a server pushes it to
// another. Servers that do not know the fields take it as a client's write.
//   Navi-Stamp: <ms>.<counter>.<node>      of the item; 0.0.0: no server wrote it
//   Navi-Source: <node>                    the server that pushes
//   Navi-Item-Meta: <base64url>            the item's meta as it is stored; not with DELETE
//   Navi-Item-Expires: <ms>                Unix time; only of an item that expires
// Nodes in hex, other numbers decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/replication/change_batch.hpp"
#include "core/result.hpp"

namespace navistore::replication {

inline constexpr std::string_view kStampField = "Navi-Stamp";
inline constexpr std::string_view kSourceField = "Navi-Source";
inline constexpr std::string_view kItemMetaField = "Navi-Item-Meta";
inline constexpr std::string_view kItemExpiresField = "Navi-Item-Expires";

// "Name: value" of each field.
std::vector<std::string> push_fields(const Change &change, uint64_t source);

// The same as they came; empty: absent.
struct PushFields {
  std::string_view stamp;
  std::string_view source;
  std::string_view item_meta;
  std::string_view item_expires;
};

struct Pushed {
  uint64_t source = 0;
  std::string meta;  // encoded, as it is to be stored
  uint64_t expires_ms = 0;
};

// kInvalid: malformed, of an unknown version, or the meta is not the stamp's. A tombstone expires
// at expires_ms of its receiver, which is not set here.
Result<Pushed> read_pushed_put(const PushFields &fields, uint64_t value_size);
Result<Pushed> read_pushed_delete(const PushFields &fields);

}  // namespace navistore::replication
