// SPDX-License-Identifier: Apache-2.0
// SQLite writes each page of a commit to the write-ahead log by two calls of the system, 24 bytes
// and the page. Through this file system (a VFS of SQLite's: the default one, but for the log) the
// pages of a commit go there together.
#pragma once

namespace navistore::sqlite {

// The name to open a database with. The first call registers it for as long as this library is
// loaded, and must not run at the same time as somebody else's first use of SQLite. nullptr (the
// default file system) when it cannot be registered. [concurrent]
const char *gathering_file_system() noexcept;

}  // namespace navistore::sqlite
