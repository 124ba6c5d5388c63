// SPDX-License-Identifier: Apache-2.0
// A file of a file system (VFS) of SQLite's that stands before another file, which does the work.
#pragma once

#include <sqlite3.h>

namespace navistore::sqlite {

class WrappedFile : public sqlite3_file {
 public:
  // below: open, and alive for as long as this one.
  WrappedFile(const sqlite3_io_methods &methods, sqlite3_file &below) noexcept
      : sqlite3_file{&methods}, below_(below) {}

  sqlite3_file *below() const noexcept { return &below_; }

 private:
  sqlite3_file &below_;
};

// The methods of a WrappedFile that hands every call to the file below, but for what its kind must
// add: xClose, and xFetch and xUnfetch of version 3. version: 1 without shared memory and mapping,
// 2 without mapping (https://www.sqlite.org/c3ref/io_methods.html).
sqlite3_io_methods passing_methods(int version) noexcept;

}  // namespace navistore::sqlite
