// SPDX-License-Identifier: Apache-2.0
// The format of a database file, and the settings of the connections to it.
#pragma once

#include <string>

#include "config.hpp"
#include "sqlite_db.hpp"

namespace navistore::sqlite {

// The row of counters, as of one state of the store.
struct Counters {
  uint64_t revision = 0;  // of the last commit
  uint64_t items = 0;     // rows, also expired ones that purge() has not met yet
  uint64_t bytes = 0;     // of their keys, values and metas
  uint64_t floor = 1;     // changes below this revision are gone
};

// Opens `path` for writing: makes the tables of a new file, checks the format of an old one, and
// brings what a killed process left in the log into the file. Throws INCOMPATIBLE for a newer
// format or another application's database, CORRUPT, and what Database throws.
Database open_for_writing(const std::string &path, const Config &config);
// Opens an existing file for reading and checks its format.
Database open_for_reading(const std::string &path, const Config &config, Access access);

// Sets what a commit waits for. Not inside of a transaction.
void set_synchronous(Database &db, Synchronous synchronous);

// Reads the counters with "SELECT revision, items, bytes, floor FROM state".
Counters read_counters(Statement &statement);
inline constexpr char kSelectCounters[] = "SELECT revision, items, bytes, floor FROM state";

}  // namespace navistore::sqlite
