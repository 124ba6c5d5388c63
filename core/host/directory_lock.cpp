// SPDX-License-Identifier: Apache-2.0
#include "core/host/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <utility>

namespace navistore::host {

Descriptor lock_directory(const std::string &path, Claim claim) {
  const int operation = (claim == Claim::kAlone ? LOCK_EX : LOCK_SH) | LOCK_NB;
  Descriptor lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat locked {};
  struct stat named {};
  // Whoever had the lock before may have removed the directory, and another be in its place.
  const bool held = lock.get() >= 0 && ::flock(lock.get(), operation) == 0 &&
                    ::fstat(lock.get(), &locked) == 0 && ::lstat(path.c_str(), &named) == 0 &&
                    locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
  return held ? std::move(lock) : Descriptor();
}

}  // namespace navistore::host
