// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/store/feed.hpp"

namespace navistore::store {

// What one transaction changed; never empty. Immutable once it is shared.
struct Commit {
  uint64_t revision = 0;
  std::vector<Event> events;

  size_t bytes() const {
    size_t sum = sizeof(Commit);
    for (const Event &event : events) {
      sum += sizeof event + event.key.size() + event.value.size() + event.meta.size();
    }
    return sum;
  }
};
using CommitPtr = std::shared_ptr<const Commit>;

inline bool concerns(const Interest &interest, std::string_view key) {
  if (interest.kind == Interest::Kind::kKey) return key == interest.text;
  return key.substr(0, interest.text.size()) == interest.text;
}

}  // namespace navistore::store
