// SPDX-License-Identifier: Apache-2.0
// One item as the host sees it, and the meta that the host keeps beside each value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/function_ref.hpp"

namespace navistore::store {

// Hybrid logical clock and the node that wrote: the order of writes between servers.
struct Stamp {
  uint64_t ms = 0;  // 0: no stamp
  uint32_t counter = 0;
  uint64_t node = 0;
};

// The host's record beside a value: a version byte, then CBOR {type, size, modified_ms, user,
// stamp, tombstone, silent}.
struct Meta {
  std::string type;          // Content-Type, at most 255 bytes; empty: application/octet-stream
  uint64_t size = 0;         // of the value, bytes: so that a list without values can show it
  uint64_t modified_ms = 0;  // Unix time
  std::vector<std::pair<std::string, std::string>>
      user;  // names in lower case; at most 32 names, 2 KiB together
  Stamp stamp;
  bool tombstone = false;
  bool silent = false;  // of a tombstone: nothing could be seen where it was put
};

// The same, borrowed from the encoded bytes and decoded without allocation (a GET needs it).
class MetaView {
 public:
  MetaView() = default;
  // Bytes that are no meta of a known version decode to an empty view with valid() false.
  explicit MetaView(std::string_view encoded);
  bool valid() const { return valid_; }
  std::string_view encoded() const { return encoded_; }
  std::string_view type() const { return type_; }
  uint64_t size() const { return size_; }
  uint64_t modified_ms() const { return modified_ms_; }
  const Stamp &stamp() const { return stamp_; }
  bool tombstone() const { return tombstone_; }
  bool silent() const { return silent_; }
  bool has_user() const { return user_count_ != 0; }
  void for_each_user(FunctionRef<void(std::string_view name, std::string_view value)> visit) const;

 private:
  bool decode(std::string_view map);

  std::string_view encoded_;
  std::string_view type_;
  std::string_view user_;  // the encoded pairs
  uint64_t user_count_ = 0;
  uint64_t size_ = 0;
  uint64_t modified_ms_ = 0;
  Stamp stamp_;
  bool valid_ = false;
  bool tombstone_ = false;
  bool silent_ = false;
};

void encode_meta(const Meta &meta, std::string &out);  // replaces out

// The meta of the tombstone that takes an expired item's place: with the item's stamp.
std::string tombstone_of(const MetaView &expired, uint64_t expired_ms);
// The same tombstone as it is kept where something, or nothing, can be seen in its place.
enum class Seen : uint8_t { kSomething, kNothing };
std::string tombstone_over(Seen seen, const MetaView &tombstone);

struct ItemView {  // borrowed for the visitor's call
  std::string_view key;
  std::string_view value;  // empty where values were not asked for
  MetaView meta;
  std::string_view encoded_meta;
  uint64_t revision = 0;
  uint64_t expires_ms = 0;  // 0: never
};

struct Item {  // the same, owned
  std::string key;
  std::string value;
  std::string meta;  // encoded
  uint64_t revision = 0;
  uint64_t expires_ms = 0;

  ItemView view() const {
    ItemView view;
    view.key = key;
    view.value = value;
    view.meta = MetaView(meta);
    view.revision = revision;
    view.expires_ms = expires_ms;
    return view;
  }
};

}  // namespace navistore::store
