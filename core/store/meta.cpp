// SPDX-License-Identifier: Apache-2.0
// The record beside a value. Version 1: the byte 1, then one CBOR map whose entries, all but the
// size optional, come in this order:
//   "t" bytes: Content-Type      "s" unsigned: size of the value   "m" unsigned: modified_ms
//   "u" map of text to bytes     "c" [ms, counter, node]: stamp    "d" true: a tombstone
//   "n" true: nothing could be seen where the tombstone was put
// Names are one letter because the record is stored with every item. Type and user values are byte
// strings because header fields may hold bytes that are no UTF-8 (RFC 9110 5.5).
#include <array>
#include <limits>

#include "core/store/cbor.hpp"
#include "core/store/item.hpp"

namespace navistore::store {
namespace {

using cbor::Major;
using cbor::Reader;

constexpr char kVersion = 1;

bool read_stamp(Reader &reader, Stamp &stamp) {
  uint64_t fields = 0;
  uint64_t counter = 0;
  if (!reader.head(Major::kArray, fields) || fields != 3) return false;
  if (!reader.head(Major::kUnsigned, stamp.ms) || !reader.head(Major::kUnsigned, counter) ||
      !reader.head(Major::kUnsigned, stamp.node)) {
    return false;
  }
  stamp.counter = static_cast<uint32_t>(counter);
  return stamp.ms != 0 && counter <= std::numeric_limits<uint32_t>::max();
}

bool skip_pairs(Reader &reader, uint64_t count) {
  std::string_view text;
  for (; count != 0; --count) {
    if (!reader.string(Major::kText, text) || !reader.string(Major::kBytes, text)) return false;
  }
  return true;
}

uint64_t entries(const Meta &meta) {
  return 1U + (meta.type.empty() ? 0 : 1) + (meta.modified_ms == 0 ? 0 : 1) +
         (meta.user.empty() ? 0 : 1) + (meta.stamp.ms == 0 ? 0 : 1) + (meta.tombstone ? 1 : 0) +
         (meta.silent ? 1 : 0);
}

void append_name(std::string &out, char name) {
  const std::array<char, 2> text = {cbor::kTextOfOne, name};
  out.append(text.data(), text.size());
}

}  // namespace

void encode_meta(const Meta &meta, std::string &out) {
  constexpr size_t kUsual = 64;  // without user values
  out.clear();
  out.reserve(kUsual);
  out.push_back(kVersion);
  cbor::append_head(out, Major::kMap, entries(meta));
  if (!meta.type.empty()) {
    append_name(out, 't');
    cbor::append_string(out, Major::kBytes, meta.type);
  }
  append_name(out, 's');
  cbor::append_head(out, Major::kUnsigned, meta.size);
  if (meta.modified_ms != 0) {
    append_name(out, 'm');
    cbor::append_head(out, Major::kUnsigned, meta.modified_ms);
  }
  if (!meta.user.empty()) {
    append_name(out, 'u');
    cbor::append_head(out, Major::kMap, meta.user.size());
    for (const auto &[name, value] : meta.user) {
      cbor::append_string(out, Major::kText, name);
      cbor::append_string(out, Major::kBytes, value);
    }
  }
  if (meta.stamp.ms != 0) {
    append_name(out, 'c');
    cbor::append_head(out, Major::kArray, 3);
    cbor::append_head(out, Major::kUnsigned, meta.stamp.ms);
    cbor::append_head(out, Major::kUnsigned, meta.stamp.counter);
    cbor::append_head(out, Major::kUnsigned, meta.stamp.node);
  }
  if (meta.tombstone) {
    append_name(out, 'd');
    cbor::append_true(out);
  }
  if (meta.silent) {
    append_name(out, 'n');
    cbor::append_true(out);
  }
}

std::string tombstone_of(const MetaView &expired, uint64_t expired_ms) {
  Meta meta;
  meta.modified_ms = expired_ms;
  meta.stamp = expired.stamp();
  meta.tombstone = true;
  std::string encoded;
  encode_meta(meta, encoded);
  return encoded;
}

std::string tombstone_over(Seen seen, const MetaView &tombstone) {
  Meta meta;
  meta.modified_ms = tombstone.modified_ms();
  meta.stamp = tombstone.stamp();
  meta.tombstone = true;
  meta.silent = seen == Seen::kNothing;
  std::string encoded;
  encode_meta(meta, encoded);
  return encoded;
}

MetaView::MetaView(std::string_view encoded) {
  if (encoded.empty() || encoded[0] != kVersion) return;
  if (!decode(encoded.substr(1))) {
    *this = MetaView();
    return;
  }
  encoded_ = encoded;
  valid_ = true;
}

bool MetaView::decode(std::string_view map) {
  Reader reader(map);
  uint64_t left = 0;
  if (!reader.head(Major::kMap, left)) return false;
  const auto next = [&](char name) {
    if (left == 0 || !reader.take_name(name)) return false;
    --left;
    return true;
  };
  if (next('t') && !reader.string(Major::kBytes, type_)) return false;
  if (!next('s') || !reader.head(Major::kUnsigned, size_)) return false;
  if (next('m') && !reader.head(Major::kUnsigned, modified_ms_)) return false;
  if (next('u')) {
    if (!reader.head(Major::kMap, user_count_)) return false;
    user_ = reader.rest();
    if (!skip_pairs(reader, user_count_)) return false;
    user_ = user_.substr(0, user_.size() - reader.rest().size());
  }
  if (next('c') && !read_stamp(reader, stamp_)) return false;
  if (next('d')) {
    if (!reader.is_true()) return false;
    tombstone_ = true;
  }
  if (tombstone_ && next('n')) {
    if (!reader.is_true()) return false;
    silent_ = true;
  }
  return left == 0 && reader.rest().empty();
}

void MetaView::for_each_user(
    FunctionRef<void(std::string_view name, std::string_view value)> visit) const {
  Reader reader(user_);
  std::string_view name;
  std::string_view value;
  for (uint64_t i = 0; i < user_count_; ++i) {
    if (!reader.string(Major::kText, name) || !reader.string(Major::kBytes, value)) return;
    visit(name, value);
  }
}

}  // namespace navistore::store
