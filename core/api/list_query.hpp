// SPDX-License-Identifier: Apache-2.0
// What a list is asked for, and the stretch of keys that it covers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/call.hpp"
#include "core/api/item_json.hpp"
#include "core/api/parameters.hpp"
#include "core/store/store.hpp"

namespace navistore::api {

// Where a walk goes on: behind a key, or behind all keys with a prefix.
struct Position {
  enum class Kind : uint8_t { kStart, kKey, kPrefix } kind = Kind::kStart;
  std::string text;
};
// Opaque to clients: base64url of a letter for the kind, then the text.
std::string cursor_of(const Position &position);
std::optional<Position> parse_cursor(std::string_view cursor);

enum class Shape : uint8_t { kPage, kCount, kLines, kJson, kEnv, kProperties };

struct ListQuery {
  std::string prefix;
  std::string delimiter;  // empty: none
  std::string start;
  std::string end;  // empty: none
  Position from;
  std::optional<uint64_t> limit;
  Include include = Include::kKeys;
  store::Order order = store::Order::kAscending;
  json::Encoding encoding = json::Encoding::kText;
  Shape shape = Shape::kPage;
};

// What an answer showed: one state, as long as no item that was looked at expires.
struct Shown {
  uint64_t revision = 0;
  uint64_t expires_ms = UINT64_MAX;  // Unix time
  size_t revision_at = 0;            // where the body tells the revision; 0: it does not
};

// From the query and Accept. Faults: unknown or wrong parameters, ones that exclude each other.
std::optional<Fault> read_list_query(const Call &call, ListQuery &query);

// Keys from start (or behind it) up to end, exclusive; an empty end: to the last key.
struct Stretch {
  std::string start;
  std::string end;
  store::Bound bound = store::Bound::kInclusive;
  enum class Content : uint8_t { kKeys, kNothing } content = Content::kKeys;
};
// What is left of the query's range behind from.
Stretch stretch_of(const ListQuery &query, const Position &from);

// The first key behind all keys with the prefix; nothing when there is none (empty, or all 0xFF).
std::optional<std::string> after_prefix(std::string_view prefix);

}  // namespace navistore::api
