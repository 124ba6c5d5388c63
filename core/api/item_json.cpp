// SPDX-License-Identifier: Apache-2.0
#include "core/api/item_json.hpp"

#include <array>

#include "core/api/etag.hpp"
#include "core/api/time_text.hpp"

namespace navistore::api {
namespace {

void write_moment(std::string_view name, uint64_t unix_ms, json::Writer &json) {
  if (unix_ms == 0) return;
  std::array<char, kRfc3339> room;
  TextWriter text(room);
  write_rfc3339(unix_ms, text);
  json.member(name, text.written());
}

void write_meta(const store::ItemView &item, json::Writer &json) {
  json.member("revision", item.revision);
  write_moment("modified_at", item.meta.modified_ms(), json);
  write_moment("expires_at", item.expires_ms, json);
  if (!item.meta.has_user()) return;
  json.name("meta").begin_object();
  item.meta.for_each_user(
      [&](std::string_view name, std::string_view value) { json.member(name, value); });
  json.end_object();
}

}  // namespace

void write_etag_member(uint64_t epoch, uint64_t revision, json::Writer &json) {
  std::array<char, kLongestVersion + 6> room;
  TextWriter tag(room);
  tag.text("\"\\\"");
  write_version({epoch, revision}, tag);
  json.name("etag").raw(tag.text("\\\"\"").written());
}

void write_item(const store::ItemView &item, const ItemStyle &style, json::Writer &json) {
  json.begin_object().bytes("key", item.key, style.encoding);
  write_etag_member(style.epoch, item.revision, json);
  json.member("size", item.meta.valid() ? item.meta.size() : item.value.size());
  json.member("type", item.meta.type().empty() ? kDefaultType : item.meta.type());
  if (style.include != Include::kKeys) write_meta(item, json);
  if (style.include == Include::kValues) json.bytes("value", item.value, style.encoding);
  json.end_object();
}

}  // namespace navistore::api
