// SPDX-License-Identifier: Apache-2.0
// SQLite drops a mapping of the database after each commit of another connection, and maps no more
// than 2 GiB of it. Through this file it reads from a mapping that stays (file_map.hpp).
#pragma once

#include <cstddef>

#include "wrapped_file.hpp"

namespace navistore::sqlite {

size_t size_of_data_file() noexcept;
// The database of one connection, made in size_of_data_file() bytes at `memory`; it ends with its
// xClose. below: open; it does the work but for the mapping, and is closed with the database, also
// when this fails. path: of the file, alive until it is closed. Returns SQLITE_OK or CANTOPEN.
int make_data_file(void *memory, sqlite3_file &below, const char *path) noexcept;

}  // namespace navistore::sqlite
