// SPDX-License-Identifier: Apache-2.0
// What a store needs of the file system besides SQLite.
#pragma once

#include <string>

namespace navistore::sqlite {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor &&other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor &operator=(Descriptor &&) = delete;
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

enum class LockMode { kShared, kExclusive };

// Locks the file at `path`, which is made when it is missing, until the result is destroyed or the
// process ends. kShared where nobody can write, on a read-only file system, needs no lock when the
// file is missing: the result is then empty. Throws BUSY when somebody else holds it, DENIED,
// NO_SPACE, INVALID (no such directory), IO.
Descriptor lock_file(const std::string &path, LockMode mode);

// Throws IO, NO_SPACE, DENIED.
void rename_file(const std::string &from, const std::string &to);
bool file_exists(const std::string &path);
// Also if it is missing.
bool file_is_empty(const std::string &path);
// INVALID unless it is an empty directory.
void require_empty_directory(const std::string &path);
// Makes the names in a directory, respectively a file's content, durable. Throws IO.
void sync_path(const std::string &path);

}  // namespace navistore::sqlite
