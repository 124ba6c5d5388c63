// SPDX-License-Identifier: Apache-2.0
#include "data_file.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "file_map.hpp"

namespace navistore::sqlite {
namespace {

// How much may be written before the system is to begin bringing it to the disk. All at once, at
// the fsync behind a checkpoint, would hold up the fsyncs of the commits beside it for as long.
constexpr sqlite3_int64 kWrittenAtOnce = 128 << 10;

class DataFile : public WrappedFile {
 public:
  DataFile(const sqlite3_io_methods &methods, sqlite3_file &below, FileMap::User map) noexcept
      : WrappedFile(methods, below), map_(std::move(map)) {}

  static DataFile &of(sqlite3_file *file) noexcept { return *static_cast<DataFile *>(file); }

  // SQLITE_FCNTL_MMAP_SIZE: the limit becomes what is asked for, if that is not negative, and what
  // it was is the answer.
  void limit(sqlite3_int64 &bytes) noexcept {
    const sqlite3_int64 asked = std::exchange(bytes, limit_);
    if (asked >= 0) limit_ = std::min(asked, static_cast<sqlite3_int64>(FileMap::kMost));
  }

  // What is found changes with the file. That nobody writes to a page, and that it is not cut off,
  // while a snapshot that does not have it in the log is read, is what SQLite's checkpoints see to.
  const void *find(sqlite3_int64 offset, int size) const noexcept {
    if (offset + size > limit_) return nullptr;
    return map_->find(static_cast<uint64_t>(offset), static_cast<uint64_t>(size));
  }

  int write(const void *bytes, int size, sqlite3_int64 offset) noexcept {
    const int code = below()->pMethods->xWrite(below(), bytes, size, offset);
    if (code != SQLITE_OK) return code;  // and errno says why
    written_ += size;
    if (written_ >= kWrittenAtOnce) {
      map_->write_back();
      written_ = 0;
    }
    return SQLITE_OK;
  }

 private:
  sqlite3_int64 written_ = 0;  // since the last write_back()
  sqlite3_int64 limit_ = 0;
  FileMap::User map_;
};

extern "C" {

int data_close(sqlite3_file *file) {
  DataFile &data = DataFile::of(file);
  const int code = data.below()->pMethods->xClose(data.below());
  data.~DataFile();  // the map is left behind the locks
  return code;
}

int data_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset) {
  return DataFile::of(file).write(bytes, size, offset);
}

int data_control(sqlite3_file *file, int operation, void *argument) {
  DataFile &data = DataFile::of(file);
  if (operation != SQLITE_FCNTL_MMAP_SIZE)
    return data.below()->pMethods->xFileControl(data.below(), operation, argument);
  data.limit(*static_cast<sqlite3_int64 *>(argument));
  return SQLITE_OK;
}

int data_fetch(sqlite3_file *file, sqlite3_int64 offset, int size, void **bytes) {
  *bytes = const_cast<void *>(DataFile::of(file).find(offset, size));  // SQLite only reads it
  return SQLITE_OK;
}

// What is asked for without bytes is to drop the whole map.
int data_unfetch(sqlite3_file * /*file*/, sqlite3_int64 /*offset*/, void * /*bytes*/) {
  return SQLITE_OK;
}

}  // extern "C"

const sqlite3_io_methods &data_methods(bool shared_memory) noexcept {
  const auto made = [](bool shared) {
    sqlite3_io_methods methods = passing_methods(3);
    methods.xClose = data_close;
    methods.xWrite = data_write;
    methods.xFileControl = data_control;
    if (!shared) methods.xShmMap = nullptr;  // by which SQLite knows that there cannot be a log
    methods.xFetch = data_fetch;
    methods.xUnfetch = data_unfetch;
    return methods;
  };
  static const sqlite3_io_methods with = made(true);
  static const sqlite3_io_methods without = made(false);
  return shared_memory ? with : without;
}

}  // namespace

size_t size_of_data_file() noexcept { return sizeof(DataFile); }

int make_data_file(void *memory, sqlite3_file &below, const char *path) noexcept {
  FileMap::User map = FileMap::open(path);
  if (map == nullptr) {
    const int error = errno;
    below.pMethods->xClose(&below);
    errno = error;  // what SQLite asks the file system for
    return SQLITE_CANTOPEN;
  }
  const sqlite3_io_methods &methods = *below.pMethods;
  const bool shared_memory = methods.iVersion >= 2 && methods.xShmMap != nullptr;
  new (memory) DataFile(data_methods(shared_memory), below, std::move(map));
  return SQLITE_OK;
}

}  // namespace navistore::sqlite
