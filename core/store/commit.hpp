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

inline bool shows(const Interest &interest, const Event &event) {
  return event.kind != Event::Kind::kBury || interest.burials == Interest::Burials::kShown;
}

inline bool concerns(const Interest &interest, const Event &event) {
  const std::string_view key = event.key;
  if (!shows(interest, event)) return false;
  if (interest.kind == Interest::Kind::kKey) return key == interest.text;
  return key.substr(0, interest.text.size()) == interest.text;
}

}  // namespace navistore::store
