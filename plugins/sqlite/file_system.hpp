// SPDX-License-Identifier: Apache-2.0
// The file system (VFS of SQLite's) of this backend: the default one, but for the log of a database
// (log_file.hpp) and for the reading of it (data_file.hpp).
#pragma once

namespace navistore::sqlite {

// The name to open a database with. The first call registers it for as long as this library is
// loaded, and must not run at the same time as somebody else's first use of SQLite. nullptr (the
// default file system) when it cannot be registered. [concurrent]
const char *file_system() noexcept;

}  // namespace navistore::sqlite
