// SPDX-License-Identifier: Apache-2.0
// SQLite writes each page of a commit to the write-ahead log by two calls of the system, 24 bytes
// and the page. Through this file the pages of a commit go there together.
#pragma once

#include <cstddef>

#include "wrapped_file.hpp"

namespace navistore::sqlite {

size_t size_of_log_file() noexcept;
// The log of one connection, made in size_of_log_file() bytes at `memory`; it ends with its xClose.
// below: open; it does the work, and is closed with the log.
void make_log_file(void *memory, sqlite3_file &below) noexcept;

}  // namespace navistore::sqlite
