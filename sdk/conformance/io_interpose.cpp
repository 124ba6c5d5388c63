// SPDX-License-Identifier: Apache-2.0
// The exported functions. Each forwards to the next definition in the search order: libc, or in a
// sanitizer build the sanitizer's interceptor.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <numeric>
#include <vector>

#include "sdk/conformance/io_log.hpp"

#define NAVI_INTERPOSE extern "C" __attribute__((visibility("default")))

namespace {

using navistore::conformance::io::Log;

template <class F>
F next_function(const char *name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

ssize_t logged_write(int fd, const void *bytes, size_t size) {
  static const auto next = next_function<ssize_t (*)(int, const void *, size_t)>("write");
  if (!Log::get().active()) return next(fd, bytes, size);
  return Log::get().write(fd, -1, size, [&](size_t n) { return next(fd, bytes, n); });
}

ssize_t logged_pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  static const auto next = next_function<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite64");
  if (!Log::get().active()) return next(fd, bytes, size, offset);
  return Log::get().write(fd, offset, size, [&](size_t n) { return next(fd, bytes, n, offset); });
}

// The first `size` bytes of the vector.
std::vector<iovec> shortened(const iovec *parts, int count, size_t size) {
  std::vector<iovec> result;
  for (int i = 0; i < count && size > 0; ++i) {
    result.push_back({parts[i].iov_base, std::min(parts[i].iov_len, size)});
    size -= result.back().iov_len;
  }
  return result;
}

size_t total_size(const iovec *parts, int count) {
  return std::accumulate(parts, parts + count, size_t{0},
                         [](size_t sum, const iovec &part) { return sum + part.iov_len; });
}

ssize_t logged_pwritev(int fd, const iovec *parts, int count, off_t offset) {
  static const auto next = next_function<ssize_t (*)(int, const iovec *, int, off_t)>("pwritev64");
  if (!Log::get().active()) return next(fd, parts, count, offset);
  return Log::get().write(fd, offset, total_size(parts, count), [&](size_t n) {
    const std::vector<iovec> some = shortened(parts, count, n);
    return next(fd, some.data(), static_cast<int>(some.size()), offset);
  });
}

int logged_sync(int fd, const char *name) {
  const auto next = next_function<int (*)(int)>(name);
  if (!Log::get().active()) return next(fd);
  return Log::get().sync(fd, [&] { return next(fd); });
}

int logged_truncate(int fd, off_t size) {
  static const auto next = next_function<int (*)(int, off_t)>("ftruncate64");
  if (!Log::get().active()) return next(fd, size);
  return Log::get().resize(fd, size, [&] { return next(fd, size); });
}

// The size that an allocation leaves, or the present one when the mode keeps it.
off_t size_after_allocation(int fd, int mode, off_t end) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return 0;
  return (mode & FALLOC_FL_KEEP_SIZE) != 0 ? info.st_size : std::max<off_t>(info.st_size, end);
}

int logged_allocate(int fd, int mode, off_t offset, off_t size) {
  static const auto next = next_function<int (*)(int, int, off_t, off_t)>("fallocate64");
  if (!Log::get().active()) return next(fd, mode, offset, size);
  return Log::get().resize(fd, size_after_allocation(fd, mode, offset + size),
                           [&] { return next(fd, mode, offset, size); });
}

// Returns the error number instead of setting errno.
int logged_posix_allocate(int fd, off_t offset, off_t size) {
  static const auto next = next_function<int (*)(int, off_t, off_t)>("posix_fallocate64");
  if (!Log::get().active()) return next(fd, offset, size);
  int error = 0;
  const int result = Log::get().resize(fd, size_after_allocation(fd, 0, offset + size), [&] {
    error = next(fd, offset, size);
    return error == 0 ? 0 : -1;
  });
  return result == 0 || error != 0 ? error : errno;
}

int logged_open(int directory, const char *path, int flags, mode_t mode) {
  static const auto next = next_function<int (*)(int, const char *, int, ...)>("openat64");
  if (!Log::get().active() || (flags & (O_CREAT | O_TRUNC)) == 0)
    return next(directory, path, flags, mode);
  struct stat info {};
  const bool existed = fstatat(directory, path, &info, 0) == 0;
  const bool cut =
      existed && (flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY && S_ISREG(info.st_mode);
  const int fd = next(directory, path, cut ? flags & ~O_TRUNC : flags, mode);
  if (fd < 0) return fd;
  Log::get().opened(fd, !existed);
  if (cut && logged_truncate(fd, 0) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int logged_rename(int from_directory, const char *from, int to_directory, const char *to) {
  static const auto next = next_function<int (*)(int, const char *, int, const char *)>("renameat");
  const auto forward = [&] { return next(from_directory, from, to_directory, to); };
  if (!Log::get().active()) return forward();
  return Log::get().rename(Log::absolute(from_directory, from), Log::absolute(to_directory, to),
                           forward);
}

int logged_unlink(int directory, const char *path, int flags) {
  static const auto next = next_function<int (*)(int, const char *, int)>("unlinkat");
  const auto forward = [&] { return next(directory, path, flags); };
  if (!Log::get().active() || (flags & AT_REMOVEDIR) != 0) return forward();
  return Log::get().unlink(Log::absolute(directory, path), forward);
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

NAVI_INTERPOSE ssize_t write(int fd, const void *bytes, size_t size) {
  return logged_write(fd, bytes, size);
}
NAVI_INTERPOSE ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return logged_pwrite(fd, bytes, size, offset);
}
NAVI_INTERPOSE ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  return logged_pwrite(fd, bytes, size, offset);
}
NAVI_INTERPOSE ssize_t pwritev(int fd, const iovec *parts, int count, off_t offset) {
  return logged_pwritev(fd, parts, count, offset);
}
NAVI_INTERPOSE ssize_t pwritev64(int fd, const iovec *parts, int count, off64_t offset) {
  return logged_pwritev(fd, parts, count, offset);
}

NAVI_INTERPOSE ssize_t writev(int fd, const iovec *parts, int count) {
  static const auto next = next_function<ssize_t (*)(int, const iovec *, int)>("writev");
  if (!Log::get().active()) return next(fd, parts, count);
  return Log::get().write(fd, -1, total_size(parts, count), [&](size_t n) {
    const std::vector<iovec> some = shortened(parts, count, n);
    return next(fd, some.data(), static_cast<int>(some.size()));
  });
}

NAVI_INTERPOSE int fsync(int fd) { return logged_sync(fd, "fsync"); }
NAVI_INTERPOSE int fdatasync(int fd) { return logged_sync(fd, "fdatasync"); }

NAVI_INTERPOSE void sync() noexcept {
  static const auto next = next_function<void (*)()>("sync");
  next();
  if (Log::get().active()) Log::get().sync_all();
}

NAVI_INTERPOSE int syncfs(int fd) noexcept {
  static const auto next = next_function<int (*)(int)>("syncfs");
  const int result = next(fd);
  if (result == 0 && Log::get().active()) Log::get().sync_all();
  return result;
}

// Starts writing back, promises nothing: forwarded, and defined here only so that nobody takes it
// for a sync.
NAVI_INTERPOSE int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  static const auto next =
      next_function<int (*)(int, off64_t, off64_t, unsigned)>("sync_file_range");
  return next(fd, offset, size, flags);
}

NAVI_INTERPOSE int ftruncate(int fd, off_t size) noexcept { return logged_truncate(fd, size); }
NAVI_INTERPOSE int ftruncate64(int fd, off64_t size) noexcept { return logged_truncate(fd, size); }
NAVI_INTERPOSE int fallocate(int fd, int mode, off_t offset, off_t size) {
  return logged_allocate(fd, mode, offset, size);
}
NAVI_INTERPOSE int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
  return logged_allocate(fd, mode, offset, size);
}
NAVI_INTERPOSE int posix_fallocate(int fd, off_t offset, off_t size) {
  return logged_posix_allocate(fd, offset, size);
}
NAVI_INTERPOSE int posix_fallocate64(int fd, off64_t offset, off64_t size) {
  return logged_posix_allocate(fd, offset, size);
}

NAVI_INTERPOSE int rename(const char *from, const char *to) noexcept {
  return logged_rename(AT_FDCWD, from, AT_FDCWD, to);
}
NAVI_INTERPOSE int renameat(int from_directory, const char *from, int to_directory,
                            const char *to) noexcept {
  return logged_rename(from_directory, from, to_directory, to);
}
NAVI_INTERPOSE int unlink(const char *path) noexcept { return logged_unlink(AT_FDCWD, path, 0); }
NAVI_INTERPOSE int unlinkat(int directory, const char *path, int flags) noexcept {
  return logged_unlink(directory, path, flags);
}

#define NAVI_INTERPOSE_OPEN(name)                             \
  NAVI_INTERPOSE int name(const char *path, int flags, ...) { \
    va_list arguments;                                        \
    va_start(arguments, flags);                               \
    const mode_t mode = mode_argument(flags, arguments);      \
    va_end(arguments);                                        \
    return logged_open(AT_FDCWD, path, flags, mode);          \
  }
#define NAVI_INTERPOSE_OPENAT(name)                                          \
  NAVI_INTERPOSE int name(int directory, const char *path, int flags, ...) { \
    va_list arguments;                                                       \
    va_start(arguments, flags);                                              \
    const mode_t mode = mode_argument(flags, arguments);                     \
    va_end(arguments);                                                       \
    return logged_open(directory, path, flags, mode);                        \
  }
NAVI_INTERPOSE_OPEN(open)
NAVI_INTERPOSE_OPEN(open64)
NAVI_INTERPOSE_OPENAT(openat)
NAVI_INTERPOSE_OPENAT(openat64)
