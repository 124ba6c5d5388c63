// SPDX-License-Identifier: Apache-2.0
#include "file_system.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

#include "data_file.hpp"
#include "log_file.hpp"

namespace navistore::sqlite {
namespace {

// Of what sqlite3_vfs::szOsFile bytes hold, the first are the file that SQLite knows; the file that
// does the work lies behind it.
size_t offset_of_below() noexcept {
  constexpr size_t kAlignment = alignof(std::max_align_t);
  const size_t size = std::max(size_of_log_file(), size_of_data_file());
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

extern "C" int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                         int *flags_out);

// Registered while it lives.
class FileSystem {
 public:
  FileSystem() noexcept : system_(sqlite3_vfs_find(nullptr)) {
    if (system_ == nullptr) return;
    // Of its own for each copy of this library in the process.
    std::snprintf(name_.data(), name_.size(), "navistore-%p", static_cast<void *>(this));
    vfs_ = *system_;  // whatever else is asked of it finds what the system's own would
    vfs_.pNext = nullptr;
    vfs_.zName = name_.data();
    vfs_.szOsFile += static_cast<int>(offset_of_below());
    vfs_.xOpen = open_file;
    registered_ = sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK;
  }
  ~FileSystem() {
    if (registered_) sqlite3_vfs_unregister(&vfs_);
  }
  FileSystem(const FileSystem &) = delete;
  FileSystem &operator=(const FileSystem &) = delete;

  static FileSystem &get() noexcept {
    static FileSystem file_system;
    return file_system;
  }
  const char *name() const noexcept { return registered_ ? name_.data() : nullptr; }
  sqlite3_vfs *system() const noexcept { return system_; }

 private:
  sqlite3_vfs *const system_;
  std::array<char, 32> name_{};
  sqlite3_vfs vfs_{};
  bool registered_ = false;
};

extern "C" int open_file(sqlite3_vfs * /*vfs*/, const char *path, sqlite3_file *file, int flags,
                         int *flags_out) {
  sqlite3_vfs *system = FileSystem::get().system();
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
    return system->xOpen(system, path, file, flags, flags_out);
  auto *below =
      reinterpret_cast<sqlite3_file *>(reinterpret_cast<char *>(file) + offset_of_below());
  file->pMethods = nullptr;
  const int code = system->xOpen(system, path, below, flags, flags_out);
  if (code != SQLITE_OK) {
    if (below->pMethods != nullptr) below->pMethods->xClose(below);
    return code;
  }
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return make_data_file(file, *below, path);
  make_log_file(file, *below);
  return SQLITE_OK;
}

}  // namespace

const char *file_system() noexcept { return FileSystem::get().name(); }

}  // namespace navistore::sqlite
