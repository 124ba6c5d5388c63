// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <algorithm>
#include <array>
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

// Frames that are appended are kept back until the last one of the commit is there. So nothing is
// kept back when SQLite syncs the commit or shows it to readers, and what the writing of a frame
// failed with, SQLite is told of before that. Everything that is not a new frame goes straight
// through, behind what was kept back: the log's own header, and the frames of a transaction that
// was too large for the memory, which are written again at its end.
class LogFile : public WrappedFile {
 public:
  using WrappedFile::WrappedFile;

  static constexpr sqlite3_int64 kUnknown = -1;
  static LogFile &of(sqlite3_file *file) noexcept { return *static_cast<LogFile *>(file); }
  const sqlite3_io_methods &methods() const noexcept { return *below()->pMethods; }
  // The file below, with nothing kept back; `code` says whether that worked.
  sqlite3_file *settled(int &code) noexcept {
    code = flush();
    return below();
  }
  void forget_size() noexcept { size_ = kUnknown; }

  int write(const void *bytes, int size, sqlite3_int64 offset) noexcept;

 private:
  int flush() noexcept;
  int put(const void *bytes, int size, sqlite3_int64 offset) noexcept;
  void grow(sqlite3_int64 from) noexcept;
  int write_through(const void *bytes, int size, sqlite3_int64 offset) noexcept;
  int begin_frame(const void *header, sqlite3_int64 offset) noexcept;
  void keep(const void *bytes, int size) noexcept;

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
  if (!known && methods().xFileSize(below(), &size_) != SQLITE_OK) size_ = kUnknown;
  const int code = methods().xWrite(below(), bytes, size, offset);
  const sqlite3_int64 end = offset + size;
  if (code == SQLITE_OK && size_ != kUnknown && end > size_) grow(end);
  return code;
}

// Where there is no space for it, the log grows by what is written to it.
void LogFile::grow(sqlite3_int64 from) noexcept {
  const sqlite3_int64 to = (from / kGrowth + 1) * kGrowth;
  for (size_ = from; size_ < to;) {
    const auto step = std::min<sqlite3_int64>(to - size_, kZeros.size());
    if (methods().xWrite(below(), kZeros.data(), static_cast<int>(step), size_) != SQLITE_OK)
      return;
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

int log_control(sqlite3_file *file, int operation, void *argument) {
  int code = SQLITE_OK;
  sqlite3_file *below = LogFile::of(file).settled(code);
  return code != SQLITE_OK ? code : below->pMethods->xFileControl(below, operation, argument);
}

}  // extern "C"

const sqlite3_io_methods &log_methods() noexcept {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made = passing_methods(1);
    made.xClose = log_close;
    made.xRead = log_read;
    made.xWrite = log_write;
    made.xTruncate = log_truncate;
    made.xSync = log_sync;
    made.xFileSize = log_size;
    made.xFileControl = log_control;
    return made;
  }();
  return methods;
}

}  // namespace

size_t size_of_log_file() noexcept { return sizeof(LogFile); }

void make_log_file(void *memory, sqlite3_file &below) noexcept {
  new (memory) LogFile(log_methods(), below);
}

}  // namespace navistore::sqlite
