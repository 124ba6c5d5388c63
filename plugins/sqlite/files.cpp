// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "navistore/backend.hpp"

namespace navistore::sqlite {
namespace {

using backend::Failure;

[[noreturn]] void throw_errno(const std::string &doing, const std::string &path) {
  const int error = errno;
  navi_status status = NAVI_IO;
  if (error == EACCES || error == EPERM || error == EROFS) status = NAVI_DENIED;
  if (error == ENOSPC || error == EDQUOT) status = NAVI_NO_SPACE;
  if (error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG) status = NAVI_INVALID;
  if (error == EMFILE || error == ENFILE || error == ENOMEM) status = NAVI_NO_MEMORY;
  throw Failure(status, path + ": cannot " + doing + ": " + std::generic_category().message(error),
                error);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor lock_file(const std::string &path, LockMode mode) {
  const int flags = (mode == LockMode::kExclusive ? O_RDWR : O_RDONLY) | O_CREAT | O_CLOEXEC;
  Descriptor file(::open(path.c_str(), flags, 0640));
  if (file.get() < 0 && errno == EROFS && mode == LockMode::kShared) return file;
  if (file.get() < 0) throw_errno("open", path);
  const int operation = mode == LockMode::kExclusive ? LOCK_EX : LOCK_SH;
  if (::flock(file.get(), operation | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) {
    throw Failure(NAVI_BUSY, path + ": the store is open elsewhere", EWOULDBLOCK);
  }
  throw_errno("lock", path);
}

void rename_file(const std::string &from, const std::string &to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_errno("rename", from);
}

bool file_exists(const std::string &path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

bool file_is_empty(const std::string &path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || status.st_size == 0;
}

void require_empty_directory(const std::string &path) {
  std::error_code error;
  const bool empty = std::filesystem::is_directory(path, error) &&
                     std::filesystem::is_empty(path, error) && !error;
  if (!empty) throw Failure(NAVI_INVALID, path + ": not an empty directory", error.value());
}

void sync_path(const std::string &path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw_errno("open", path);
  if (::fsync(file.get()) != 0) {
    throw Failure(NAVI_IO, path + ": cannot sync: " + std::generic_category().message(errno),
                  errno);
  }
}

}  // namespace navistore::sqlite
