// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

namespace navistore::sqlite {
namespace {

// https://www.sqlite.org/fileformat2.html#walformat: a header of 24 bytes before each page, in
// which bytes 4 to 8 are 0 in all frames but the last one of a commit.
constexpr int kFrameHeader = 24;
constexpr size_t kCommitMark = 4;
constexpr size_t kCommitMarkSize = 4;
constexpr size_t kLargestPage = 65536;
constexpr size_t kCapacity = (128U << 10) - 1;  // SQLite takes 17 bits of the size of a write
// By how much the log grows: at once, with zeros, since an fsync of what lies within a file has no
// new size to make durable and takes half as long. To whoever reads the log they end it, as every
// frame does whose salts and checksum are wrong.
constexpr sqlite3_int64 kGrowth = 2 << 20;
constexpr std::array<char, (64U << 10)> kZeros{};

// The log of one connection: what sqlite3_vfs::szOsFile bytes hold, with the file that does the
// work behind it.
//
// Frames that are appended are kept back until the last one of the commit is there. So nothing is
// kept back when SQLite syncs the commit or shows it to readers, and what the writing of a frame
// failed with, SQLite is told of before that. Everything that is not a new frame goes straight
// through, behind what was kept back: the log's own header, and the frames of a transaction that
// was too large for the memory, which are written again at its end.
class LogFile : public sqlite3_file {
 public:
  LogFile(sqlite3_file &file, const sqlite3_io_methods &methods) noexcept
      : sqlite3_file{&methods}, file_(file) {}

  static constexpr sqlite3_int64 kUnknown = -1;
  static LogFile &of(sqlite3_file *file) noexcept { return *static_cast<LogFile *>(file); }
  const sqlite3_io_methods &methods() const noexcept { return *file_.pMethods; }
  // The file below, with nothing kept back; `code` says whether that worked.
  sqlite3_file *settled(int &code) noexcept {
    code = flush();
    return &file_;
  }
  sqlite3_file *below() const noexcept { return &file_; }
  void forget_size() noexcept { size_ = kUnknown; }

  int write(const void *bytes, int size, sqlite3_int64 offset) noexcept;

 private:
  int flush() noexcept;
  int put(const void *bytes, int size, sqlite3_int64 offset) noexcept;
  void grow(sqlite3_int64 from) noexcept;
  int write_through(const void *bytes, int size, sqlite3_int64 offset) noexcept;
  int begin_frame(const void *header, sqlite3_int64 offset) noexcept;
  void keep(const void *bytes, int size) noexcept;

  sqlite3_file &file_;
  std::unique_ptr<char[]> kept_;  // of those that write; kCapacity bytes
  size_t kept_size_ = 0;
  size_t page_size_ = kLargestPage;  // until one was written
  sqlite3_int64 end_ = 0;            // of all that was written since the log began
  sqlite3_int64 size_ = kUnknown;    // of the file, or less
  enum class Expected : unsigned char { kFrame, kPage, kLastPage } expected_ = Expected::kFrame;
};

int LogFile::flush() noexcept {
  if (kept_size_ == 0) return SQLITE_OK;
  const auto size = static_cast<int>(kept_size_);
  kept_size_ = 0;
  expected_ = Expected::kFrame;
  const int code = put(kept_.get(), size, end_ - size);
  if (code != SQLITE_OK) end_ -= size;
  return code;
}

int LogFile::write_through(const void *bytes, int size, sqlite3_int64 offset) noexcept {
  if (const int code = flush(); code != SQLITE_OK) return code;
  if (offset == 0 || offset + size > end_) end_ = offset + size;
  return put(bytes, size, offset);
}

int LogFile::put(const void *bytes, int size, sqlite3_int64 offset) noexcept {
  const bool known = offset != 0 && size_ != kUnknown;  // who begins it anew may have cut it
  if (!known && methods().xFileSize(&file_, &size_) != SQLITE_OK) size_ = kUnknown;
  const int code = methods().xWrite(&file_, bytes, size, offset);
  const sqlite3_int64 end = offset + size;
  if (code == SQLITE_OK && size_ != kUnknown && end > size_) grow(end);
  return code;
}

// Where there is no space for it, the log grows by what is written to it.
void LogFile::grow(sqlite3_int64 from) noexcept {
  const sqlite3_int64 to = (from / kGrowth + 1) * kGrowth;
  for (size_ = from; size_ < to;) {
    const auto step = std::min<sqlite3_int64>(to - size_, kZeros.size());
    if (methods().xWrite(&file_, kZeros.data(), static_cast<int>(step), size_) != SQLITE_OK) return;
    size_ += step;
  }
}

void LogFile::keep(const void *bytes, int size) noexcept {
  std::memcpy(kept_.get() + kept_size_, bytes, static_cast<size_t>(size));
  kept_size_ += static_cast<size_t>(size);
  end_ += size;
}

int LogFile::begin_frame(const void *header, sqlite3_int64 offset) noexcept {
  static constexpr char kNoMark[kCommitMarkSize] = {};
  if (offset != end_ || kept_size_ + kFrameHeader + page_size_ > kCapacity) {
    if (const int code = flush(); code != SQLITE_OK) return code;
  }
  if (kept_ == nullptr) kept_.reset(new (std::nothrow) char[kCapacity]);
  if (kept_ == nullptr) return SQLITE_IOERR_NOMEM;
  end_ = offset;
  keep(header, kFrameHeader);
  const char *mark = static_cast<const char *>(header) + kCommitMark;
  const bool last = std::memcmp(mark, kNoMark, kCommitMarkSize) != 0;
  expected_ = last ? Expected::kLastPage : Expected::kPage;
  return SQLITE_OK;
}

int LogFile::write(const void *bytes, int size, sqlite3_int64 offset) noexcept {
  const bool fits = kept_size_ + static_cast<size_t>(size) <= kCapacity;
  if (expected_ != Expected::kFrame && offset == end_ && fits) {
    keep(bytes, size);
    page_size_ = static_cast<size_t>(size);
    const bool last = expected_ == Expected::kLastPage;
    expected_ = Expected::kFrame;
    return last ? flush() : SQLITE_OK;
  }
  // What lies before the end is written again.
  const bool new_frame = size == kFrameHeader && offset != 0 && offset >= end_;
  return new_frame ? begin_frame(bytes, offset) : write_through(bytes, size, offset);
}

extern "C" {

int log_close(sqlite3_file *file) {
  LogFile &log = LogFile::of(file);
  const int code = log.methods().xClose(log.below());  // what is kept back now, no commit needs
  log.~LogFile();
  return code;
}

int log_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  return code != SQLITE_OK ? code : below->pMethods->xRead(below, to, size, offset);
}

int log_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset) {
  return LogFile::of(file).write(bytes, size, offset);
}

int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  LogFile::of(file).forget_size();
  return code != SQLITE_OK ? code : below->pMethods->xTruncate(below, size);
}

int log_sync(sqlite3_file *file, int flags) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  return code != SQLITE_OK ? code : below->pMethods->xSync(below, flags);
}

int log_size(sqlite3_file *file, sqlite3_int64 *size) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  return code != SQLITE_OK ? code : below->pMethods->xFileSize(below, size);
}

int log_lock(sqlite3_file *file, int level) {
  sqlite3_file *below = LogFile::of(file).below();
  return below->pMethods->xLock(below, level);
}

int log_unlock(sqlite3_file *file, int level) {
  sqlite3_file *below = LogFile::of(file).below();
  return below->pMethods->xUnlock(below, level);
}

int log_check_reserved_lock(sqlite3_file *file, int *reserved) {
  sqlite3_file *below = LogFile::of(file).below();
  return below->pMethods->xCheckReservedLock(below, reserved);
}

int log_control(sqlite3_file *file, int operation, void *argument) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  return code != SQLITE_OK ? code : below->pMethods->xFileControl(below, operation, argument);
}

int log_sector_size(sqlite3_file *file) {
  sqlite3_file *below = LogFile::of(file).below();
  return below->pMethods->xSectorSize(below);
}

int log_characteristics(sqlite3_file *file) {
  sqlite3_file *below = LogFile::of(file).below();
  return below->pMethods->xDeviceCharacteristics(below);
}

}  // extern "C"

// Version 1: without shared memory and mapping, which SQLite has for the database file alone.
constexpr sqlite3_io_methods kLogMethods = {1,
                                            log_close,
                                            log_read,
                                            log_write,
                                            log_truncate,
                                            log_sync,
                                            log_size,
                                            log_lock,
                                            log_unlock,
                                            log_check_reserved_lock,
                                            log_control,
                                            log_sector_size,
                                            log_characteristics,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr};

// Where the file that does the work lies behind a LogFile.
constexpr size_t kBelow = (sizeof(LogFile) + alignof(std::max_align_t) - 1) /
                          alignof(std::max_align_t) * alignof(std::max_align_t);

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
    vfs_.szOsFile += static_cast<int>(kBelow);
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
  if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, path, file, flags, flags_out);
  auto *below = reinterpret_cast<sqlite3_file *>(reinterpret_cast<char *>(file) + kBelow);
  file->pMethods = nullptr;
  const int code = system->xOpen(system, path, below, flags, flags_out);
  if (code == SQLITE_OK)
    new (file) LogFile(*below, kLogMethods);
  else if (below->pMethods != nullptr)
    below->pMethods->xClose(below);
  return code;
}

}  // namespace

const char *gathering_file_system() noexcept { return FileSystem::get().name(); }

}  // namespace navistore::sqlite
