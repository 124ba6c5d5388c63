// SPDX-License-Identifier: Apache-2.0
// What writers meant to write and were told is written; the measure of what watchers saw.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/mutex.hpp"

namespace navistore::test {

// A change as a watcher saw it; tag is the value of a put, empty for a delete.
struct SeenChange {
  uint64_t revision = 0;
  std::string key;
  std::string tag;
};

// What one connection brought, from a cursor up to one.
struct Stretch {
  uint64_t after = 0;
  uint64_t through = 0;
  std::vector<SeenChange> changes;  // whole transactions
  // kEvery: from memory, so that every change is there. kNewest: from a store that keeps the newest
  // change of each key.
  enum class Promise : uint8_t { kEvery, kNewest } promise = Promise::kEvery;
};

// What a watcher is interested in: one key, or all with a prefix.
struct Wanted {
  std::string text;
  enum class Kind : uint8_t { kKey, kPrefix } kind = Kind::kPrefix;
  bool has(const std::string &key) const {
    return kind == Kind::kKey ? key == text : key.compare(0, text.size(), text) == 0;
  }
};

class Journal {
 public:
  // A transaction puts its tag under all of these keys. [any thread]
  void intend(const std::string &tag, std::set<std::string> puts) NAVISTORE_EXCLUDES(mutex_);
  // It is there; deleted: the key that it deleted, empty for none.
  void acknowledge(uint64_t revision, const std::string &tag, const std::string &deleted)
      NAVISTORE_EXCLUDES(mutex_);
  size_t acknowledged() const NAVISTORE_EXCLUDES(mutex_);

  // What is wrong with the stretches of one watcher, in their order; empty: nothing.
  std::string check(const Wanted &wanted, const std::vector<Stretch> &stretches) const
      NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Transaction {
    std::string tag;
    std::string deleted;
  };
  using Group = std::map<std::string, std::string>;  // key to tag

  Group expected(const Wanted &wanted, const Transaction &transaction) const
      NAVISTORE_REQUIRES(mutex_);
  std::string check_every(const Wanted &wanted, const Stretch &stretch) const
      NAVISTORE_REQUIRES(mutex_);
  std::string check_newest(const Wanted &wanted, const Stretch &stretch,
                           const std::map<std::string, uint64_t> &newest) const
      NAVISTORE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::set<std::string>> intended_ NAVISTORE_GUARDED_BY(mutex_);
  std::map<uint64_t, Transaction> acknowledged_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::test
