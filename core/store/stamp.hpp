// SPDX-License-Identifier: Apache-2.0
// Which of two versions of an item stays: the one order that all servers agree on.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "core/store/item.hpp"

namespace navistore::store {

enum class Life : uint8_t { kLive, kTombstone };

// What decides about a version. value matters only between items without stamps, which no server
// wrote.
struct VersionView {
  Stamp stamp;
  Life life = Life::kLive;
  std::string_view value;
};

// Negative, 0 or positive: by time, counter, node.
inline int compare(const Stamp &left, const Stamp &right) {
  const auto key = [](const Stamp &stamp) {
    return std::make_tuple(stamp.ms, stamp.counter, stamp.node);
  };
  if (key(left) == key(right)) return 0;
  return key(left) < key(right) ? -1 : 1;
}

// True when incoming takes the place of current. A strict total order, so that applying changes in
// any order, any number of times, ends everywhere with the same version. A tombstone beats the
// item that it was made of: an expired item's has the item's own stamp.
inline bool supersedes(const VersionView &incoming, const VersionView &current) {
  if (const int order = compare(incoming.stamp, current.stamp); order != 0) return order > 0;
  if (incoming.life != current.life) return incoming.life == Life::kTombstone;
  return incoming.stamp.ms == 0 && incoming.value > current.value;
}

}  // namespace navistore::store
