// SPDX-License-Identifier: Apache-2.0
#include "core/replication/classic_push.hpp"

#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "core/json/base64.hpp"

namespace navistore::replication {
namespace {

constexpr int kDecimal = 10;
constexpr int kHex = 16;

template <class Number>
bool take_number(std::string_view &text, Number &number, int base) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failure != std::errc() || text.empty() || text.front() == '-') return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool take_dot(std::string_view &text) {
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

bool read_stamp(std::string_view text, store::Stamp &stamp) {
  return take_number(text, stamp.ms, kDecimal) && take_dot(text) &&
         take_number(text, stamp.counter, kDecimal) && take_dot(text) &&
         take_number(text, stamp.node, kHex) && text.empty();
}

bool read_number(std::string_view text, uint64_t &number, int base) {
  return take_number(text, number, base) && text.empty();
}

std::string hex(uint64_t number) {
  std::array<char, 16> digits{};
  const auto [end, failure] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, kHex);
  return {digits.data(), end};
}

std::string field(std::string_view name, const std::string &value) {
  return std::string(name) + ": " + value;
}

Error malformed(std::string_view name) {
  return {Code::kInvalid, "malformed " + std::string(name)};
}

bool same(const store::Stamp &left, const store::Stamp &right) {
  return std::tie(left.ms, left.counter, left.node) ==
         std::tie(right.ms, right.counter, right.node);
}

Result<store::Stamp> read_origin(const PushFields &fields, Pushed &pushed) {
  store::Stamp stamp;
  if (!read_stamp(fields.stamp, stamp)) return malformed(kStampField);
  if (!read_number(fields.source, pushed.source, kHex)) return malformed(kSourceField);
  return stamp;
}

std::string meta_of(const store::Stamp &stamp, uint64_t size) {
  if (stamp.ms == 0) return {};
  store::Meta meta;
  meta.size = size;
  meta.modified_ms = stamp.ms;
  meta.stamp = stamp;
  std::string encoded;
  store::encode_meta(meta, encoded);
  return encoded;
}

}  // namespace

std::vector<std::string> push_fields(const Change &change, uint64_t source) {
  const store::MetaView meta(change.meta);
  const store::Stamp &stamp = meta.stamp();
  std::vector<std::string> fields;
  fields.push_back(field(kStampField, std::to_string(stamp.ms) + "." +
                                          std::to_string(stamp.counter) + "." + hex(stamp.node)));
  fields.push_back(field(kSourceField, hex(source)));
  if (meta.tombstone()) return fields;
  if (!change.meta.empty()) {
    std::string encoded;
    json::append_base64(change.meta, json::Alphabet::kUrl, encoded);
    fields.push_back(field(kItemMetaField, encoded));
  }
  if (change.expires_ms != 0) {
    fields.push_back(field(kItemExpiresField, std::to_string(change.expires_ms)));
  }
  return fields;
}

Result<Pushed> read_pushed_put(const PushFields &fields, uint64_t value_size) {
  Pushed pushed;
  const auto stamp = read_origin(fields, pushed);
  if (!stamp) return stamp.error();
  if (!fields.item_expires.empty() &&
      !read_number(fields.item_expires, pushed.expires_ms, kDecimal)) {
    return malformed(kItemExpiresField);
  }
  if (fields.item_meta.empty()) {
    pushed.meta = meta_of(stamp.value(), value_size);
    return pushed;
  }
  auto meta = json::decode_base64(fields.item_meta, json::Alphabet::kUrl);
  if (!meta) return malformed(kItemMetaField);
  const store::MetaView view(*meta);
  const bool fits = view.valid() && !view.tombstone() && view.size() == value_size &&
                    same(view.stamp(), stamp.value());
  if (!fits) return malformed(kItemMetaField);
  pushed.meta = std::move(*meta);
  return pushed;
}

Result<Pushed> read_pushed_delete(const PushFields &fields) {
  Pushed pushed;
  const auto stamp = read_origin(fields, pushed);
  if (!stamp) return stamp.error();
  if (stamp.value().ms == 0) return malformed(kStampField);
  const std::string item = meta_of(stamp.value(), 0);
  pushed.meta = store::tombstone_of(store::MetaView(item), stamp.value().ms);
  return pushed;
}

}  // namespace navistore::replication
