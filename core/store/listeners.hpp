// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/store/commit.hpp"
#include "core/store/prefix_tree.hpp"

namespace navistore::store {

// Why commits are missing for everybody: the store was reset; they cannot be known; the feed thread
// was too slow for the ring (a resumed cursor finds them); the store closes.
enum class Break : uint8_t { kReset, kLost, kLagged, kClosed };

// Somebody who is told of commits. Both calls come from one thread at a time.
class Listener {
 public:
  explicit Listener(Interest interest) : interest_(std::move(interest)) {}
  virtual ~Listener() = default;
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  virtual void committed(const CommitPtr &commit) = 0;
  // Goes on, if at all, after this revision.
  virtual void broken(Break why, uint64_t revision) = 0;
  const Interest &interest() const { return interest_; }

 private:
  const Interest interest_;
};
using ListenerPtr = std::shared_ptr<Listener>;

// Who listens, found by key at a cost in proportion to the key's length and to those who care.
// Not thread-safe.
class Listeners {
 public:
  void add(const ListenerPtr &listener);
  void remove(const ListenerPtr &listener);
  bool empty() const { return all_.empty(); }
  bool anyone_cares(const Commit &commit);  // at least where somebody does
  // Appends each listener that cares once. False: out would have grown past `most`, and is useless.
  bool collect(const Commit &commit, std::vector<ListenerPtr> &out, size_t most = SIZE_MAX);
  const std::unordered_set<ListenerPtr> &all() const { return all_; }

 private:
  using Group = std::unordered_set<ListenerPtr>;
  std::unordered_set<ListenerPtr> all_;
  std::unordered_map<std::string, Group> keys_;
  PrefixTree<Group> prefixes_;
};

}  // namespace navistore::store
