// SPDX-License-Identifier: Apache-2.0
#include "core/api/item_json.hpp"

#include <array>
#include <string_view>

#include "core/api/etag.hpp"
#include "core/api/time_text.hpp"
#include "core/text_writer.hpp"

namespace navistore::api {
namespace {

// What is needed for each item of a list is composed in one piece: a member at a time would take
// half of the list's processor time.
constexpr size_t kLongestNumber = 20;
constexpr size_t kEtagMember = 16 + kLongestVersion;
constexpr size_t kMomentMember = 20 + kRfc3339;

void compose_etag(uint64_t epoch, uint64_t revision, TextWriter &out) {
  out.text("\"etag\":\"\\\"");
  write_version({epoch, revision}, out);
  out.text("\\\"\"");
}

void compose_moment(std::string_view name, uint64_t unix_ms, TextWriter &out) {
  if (unix_ms == 0) return;
  out.text(",\"").text(name).text("\":\"");
  write_rfc3339(unix_ms, out);
  out.text("\"");
}

uint64_t size_of(const store::ItemView &item) {
  return item.meta.valid() ? item.meta.size() : item.value.size();
}

std::string_view type_of(const store::ItemView &item) {
  return item.meta.type().empty() ? kDefaultType : item.meta.type();
}

void write_moment(std::string_view name, uint64_t unix_ms, json::Writer &json) {
  if (unix_ms == 0) return;
  std::array<char, kRfc3339> room;
  TextWriter text(room);
  write_rfc3339(unix_ms, text);
  json.member(name, text.written());
}

void write_user(const store::ItemView &item, json::Writer &json) {
  if (!item.meta.has_user()) return;
  json.name("meta").begin_object();
  item.meta.for_each_user(
      [&](std::string_view name, std::string_view value) { json.member(name, value); });
  json.end_object();
}

void write_meta(const store::ItemView &item, json::Writer &json) {
  std::array<char, 16 + kLongestNumber + 2 * kMomentMember> room;
  TextWriter text(room);
  text.text("\"revision\":").decimal(item.revision);
  compose_moment("modified_at", item.meta.modified_ms(), text);
  compose_moment("expires_at", item.expires_ms, text);
  json.raw(text.written());
  write_user(item, json);
}

}  // namespace

void write_etag_member(uint64_t epoch, uint64_t revision, json::Writer &json) {
  std::array<char, kEtagMember> room;
  TextWriter text(room);
  compose_etag(epoch, revision, text);
  json.raw(text.written());
}

void write_item(const store::ItemView &item, const ItemStyle &style, json::Writer &json) {
  json.begin_object().bytes("key", item.key, style.encoding);
  std::array<char, kEtagMember + 8 + kLongestNumber> room;
  TextWriter text(room);
  compose_etag(style.epoch, item.revision, text);
  text.text(",\"size\":").decimal(size_of(item));
  json.raw(text.written());
  json.member("type", type_of(item));
  if (style.include != Include::kKeys) write_meta(item, json);
  if (style.include == Include::kValues) json.bytes("value", item.value, style.encoding);
  json.end_object();
}

void write_news(const store::ItemView &item, const ItemStyle &style, json::Writer &json) {
  const bool whole = style.include == Include::kMeta;
  write_etag_member(style.epoch, item.revision, json);
  if (whole) json.member("size", size_of(item));
  if (whole || !item.meta.type().empty()) json.member("type", type_of(item));
  if (whole) write_moment("modified_at", item.meta.modified_ms(), json);
  write_moment("expires_at", item.expires_ms, json);
  write_user(item, json);
  if (!whole) json.bytes("value", item.value, style.encoding);
}

}  // namespace navistore::api
