// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "core/store/prefix_tree.hpp"

namespace navistore::store {

// For each prefix that is asked for, the revision of its newest change. Remembers the most recently
// asked ones, as many as fit: one takes twice its length and 200 bytes. Not thread-safe.
class PrefixRevisions {
 public:
  explicit PrefixRevisions(size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  std::optional<uint64_t> find(std::string_view prefix) {
    Entry *entry = tree_.find(prefix);
    if (entry == nullptr) return std::nullopt;
    recent_.splice(recent_.begin(), recent_, entry->place);
    return entry->revision;
  }
  void remember(std::string_view prefix, uint64_t revision) {
    bytes_ += bytes_of(prefix);
    while (bytes_ > capacity_bytes_ && !recent_.empty()) {
      bytes_ -= bytes_of(recent_.back());
      tree_.erase(recent_.back());
      recent_.pop_back();
    }
    recent_.emplace_front(prefix);
    tree_.at(prefix) = {revision, recent_.begin()};
  }
  void changed(std::string_view key, uint64_t revision) {
    if (recent_.empty()) return;
    tree_.visit_prefixes_of(key, [&](Entry &entry) {
      entry.revision = revision;
      return true;
    });
  }
  void clear() {
    tree_.clear();
    recent_.clear();
    bytes_ = 0;
  }

 private:
  struct Entry {
    uint64_t revision;
    std::list<std::string>::iterator place;
  };

  static size_t bytes_of(std::string_view prefix) { return 2 * prefix.size() + 200; }

  const size_t capacity_bytes_;
  size_t bytes_ = 0;
  PrefixTree<Entry> tree_;
  std::list<std::string> recent_;  // most recently asked first
};

}  // namespace navistore::store
