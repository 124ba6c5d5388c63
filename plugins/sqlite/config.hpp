// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sqlite_db.hpp"

namespace navistore::sqlite {

// The plugin's configuration; README.md describes the keys and the measurements behind the
// defaults.
struct Config {
  Synchronous synchronous = Synchronous::kFull;
  uint64_t page_bytes = 4096;
  uint64_t cache_bytes = 64U << 20;        // of the writing connection
  uint64_t reader_cache_bytes = 8U << 20;  // of each reading connection
  uint64_t row_cache_bytes = 64U << 20;    // of rows that were read or written, for all
  uint64_t map_bytes = 64ULL << 30;        // of the database file, mapped for reading
  uint64_t log_bytes = 64U << 20;          // size of the write-ahead log that starts a checkpoint
  uint64_t readers = 64;                   // reading connections at the most
};

// json: the text from the host, NULL or empty for all defaults.
// Throws INVALID that names the key which is unknown, of the wrong type, or out of range.
Config parse_config(const char *json);

}  // namespace navistore::sqlite
