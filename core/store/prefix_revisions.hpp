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
// asked ones. Not thread-safe.
class PrefixRevisions {
 public:
  explicit PrefixRevisions(size_t capacity) : capacity_(capacity) {}

  std::optional<uint64_t> find(std::string_view prefix) {
    Entry *entry = tree_.find(prefix);
    if (entry == nullptr) return std::nullopt;
    recent_.splice(recent_.begin(), recent_, entry->place);
    return entry->revision;
  }
  void remember(std::string_view prefix, uint64_t revision) {
    if (recent_.size() >= capacity_) {
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
  }

 private:
  struct Entry {
    uint64_t revision;
    std::list<std::string>::iterator place;
  };

  const size_t capacity_;
  PrefixTree<Entry> tree_;
  std::list<std::string> recent_;  // most recently asked first
};

}  // namespace navistore::store
