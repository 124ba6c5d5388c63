// SPDX-License-Identifier: Apache-2.0
// The log of changes: one row a revision with the packed list of what that revision did. Values are
// not in it: a put is looked up in `items`, and has been superseded when its key is gone or has
// another revision there.
//
// A change is packed as: kind (1 byte, NAVI_CHANGE_), flags (1 byte, NAVI_CHANGE_EXPIRED or 0),
// length of the key and length of the meta (4 bytes each, little-endian), key, meta. Only an
// expired item's delete has a meta.
#pragma once

#include <cstdint>
#include <string>

#include "sqlite_db.hpp"

namespace navistore::sqlite {

struct LoggedChange {
  uint32_t kind = 0;
  uint32_t flags = 0;
  navi_bytes key{};
  navi_bytes meta{};
};

// Packs the changes of one revision.
class ChangePacker {
 public:
  void clear() noexcept { packed_.clear(); }
  void add(const LoggedChange &change);
  bool empty() const noexcept { return packed_.empty(); }
  navi_bytes packed() const noexcept;

 private:
  std::string packed_;
};

// Walks over packed changes, which must outlive it.
class ChangeUnpacker {
 public:
  explicit ChangeUnpacker(const navi_bytes &packed) noexcept : rest_(packed) {}
  // False at the end. Throws CORRUPT when the bytes are no packed changes.
  bool next(LoggedChange &change);

 private:
  navi_bytes take(size_t size);
  uint32_t take_length();

  navi_bytes rest_;
};

}  // namespace navistore::sqlite
