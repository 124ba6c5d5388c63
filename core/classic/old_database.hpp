// SPDX-License-Identifier: Apache-2.0
// The door to SQLite of the core: reads what the original kept, a table navistore(key text, value
// text) without a unique key, of whose rows for one key the original saw the first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace navistore::classic {

class OldDatabase {
 public:
  struct Row {
    int64_t id = 0;       // its rowid
    bool has_key = true;  // false: NULL, which the original could not read
    bool has_value = true;
    std::string_view key;  // borrowed for the visitor's call
    std::string_view value;
  };
  // Locks the file against writers until it is destroyed, and changes nothing in it.
  // kInvalid: no such file, no SQLite database, or without that table. kBusy: another process, as
  // the original while it runs, may have writes that it has not committed. kIo.
  static Result<std::unique_ptr<OldDatabase>> open(const std::string &path);
  virtual ~OldDatabase() = default;
  // Those that the original saw, in the order in which they were written, until the visitor's first
  // failure, which is returned. kInvalid: the file is damaged. kIo.
  virtual Outcome for_each(FunctionRef<Outcome(const Row &row)> visit) = 0;
  // Rows in all, with those behind the first of a key.
  virtual Result<uint64_t> count() = 0;
};

}  // namespace navistore::classic
