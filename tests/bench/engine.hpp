// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace navistore::bench {

constexpr size_t kListItems = 1000;

inline std::string key_of(size_t number) {
  char key[32];
  std::snprintf(key, sizeof key, "key-%012zu", number);
  return key;
}

// A store to be measured, filled with keys key_of(0) to key_of(n - 1).
class Engine {
 public:
  virtual ~Engine() = default;
  // Writes these keys as one durable group of transactions of one operation each.
  virtual void commit(const std::vector<std::string> &keys, const std::string &value) = 0;
  // A function that reads a key and returns the size of its value; used by the thread that made it.
  virtual std::function<size_t(const std::string &)> reader() = 0;
  // The same for the items from a key on, up to kListItems: returns the bytes of all their values.
  virtual std::function<size_t(const std::string &)> lister() = 0;
};

enum class Schema {
  kBare,           // two columns, WITHOUT ROWID
  kRevisionIndex,  // the usual design: columns of an item, an index on revision, a counter row
  kPlugin,         // the plugin's own: columns of an item, a log of changes, a counter row
  kPluginRowid,    // the same, items with a rowid and a unique index on the key
};

// SQLite used directly, one prepared upsert, in the database `file`.
// pages: size of the log that starts an automatic checkpoint.
std::unique_ptr<Engine> raw_sqlite(const std::string &file, Schema schema, int checkpoint_pages,
                                   int page_bytes);

// The backend at `plugin`, loaded with dlopen. Its commits are durable where it is persistent.
std::unique_ptr<Engine> plugin(const std::string &plugin, const std::string &dir,
                               const std::string &config);

}  // namespace navistore::bench
