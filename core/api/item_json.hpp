// SPDX-License-Identifier: Apache-2.0
// An item as JSON: the envelope of a GET, and the elements of lists and results.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/json/writer.hpp"
#include "core/store/item.hpp"

namespace navistore::api {

inline constexpr std::string_view kDefaultType = "application/octet-stream";

// How much of an item is shown.
enum class Include : uint8_t {
  kKeys,    // key, etag, size, type
  kMeta,    // also revision, modified_at, expires_at and the user metadata
  kValues,  // also the value
};
inline std::optional<Include> parse_include(std::string_view text) {
  if (text == "keys") return Include::kKeys;
  if (text == "meta") return Include::kMeta;
  if (text == "values") return Include::kValues;
  return std::nullopt;
}

// How items of one answer are shown.
struct ItemStyle {
  uint64_t epoch = 0;
  Include include = Include::kKeys;
  json::Encoding encoding = json::Encoding::kText;
};

void write_item(const store::ItemView &item, const ItemStyle &style, json::Writer &json);

// The members of an item that follow key and revision in an event: with its value (kValues) what is
// out of the ordinary, without it (kMeta) all the others.
void write_news(const store::ItemView &item, const ItemStyle &style, json::Writer &json);

// "etag":"\"<epoch>.<revision>\""
void write_etag_member(uint64_t epoch, uint64_t revision, json::Writer &json);

}  // namespace navistore::api
