// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/io_log.hpp"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace navistore::conformance::io {
namespace {

constexpr auto kLongestStall = std::chrono::milliseconds(1500);
constexpr char kRebuilt[] = "-shm";  // SQLite's index of the write-ahead log: rebuilt after a crash

bool ends_with(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string link_target(const std::string &link) {
  char target[PATH_MAX];
  const ssize_t size = readlink(link.c_str(), target, sizeof target);
  return size > 0 ? std::string(target, static_cast<size_t>(size)) : "";
}

FileId id_of(const struct stat &info) { return {info.st_dev, info.st_ino}; }

FileId directory_of(const std::string &path) {
  struct stat info {};
  stat(path.substr(0, path.rfind('/')).c_str(), &info);
  return id_of(info);
}

}  // namespace

Log &Log::get() {
  static Log *const log = new Log;  // never destroyed: plugins write in their exit handlers
  return *log;
}

void Log::watch(const std::string &root) {
  const Lock lock(mutex_);
  root_ = root + "/";
  attic_ = root + ".attic";
  mkdir(attic_.c_str(), 0700);
  active_.store(true, std::memory_order_release);
}

void Log::inject(const Plan &plan) {
  const Lock lock(mutex_);
  plan_ = plan;
  step_ = write_ = sync_ = 0;
  random_.seed(plan.seed);
  ++injections_;
  injected_.notify_all();
}

Report Log::report() {
  const Lock lock(mutex_);
  Report result = total_;
  for (const auto &[id, file] : files_) {
    if (file.dirty && !ends_with(file.path, kRebuilt)) result.unsynced.push_back(file.path);
  }
  return result;
}

bool Log::seen_written(const FileId &id) {
  const Lock lock(mutex_);
  const auto found = files_.find(id);
  return found != files_.end() && found->second.seen_written;
}

std::string Log::absolute(int directory, const char *path) {
  if (path[0] == '/') return path;
  const std::string base = link_target(
      directory == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(directory));
  return base + "/" + path;
}

bool Log::watches(const std::string &path) const {
  return path.compare(0, root_.size(), root_) == 0;
}

// The watched file or directory behind fd, or null.
File *Log::find(int fd, FileId &id) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) return nullptr;
  id = id_of(info);
  const auto [at, added] = files_.try_emplace(id);
  if (added) {
    at->second.path = link_target("/proc/self/fd/" + std::to_string(fd));
    at->second.watched = watches(at->second.path + "/");
  }
  return at->second.watched ? &at->second : nullptr;
}

void Log::opened(int fd, bool created) {
  const Lock lock(mutex_);
  struct stat info {};
  if (created && fstat(fd, &info) == 0)
    files_.erase(id_of(info));  // the number may have been another file's
  FileId id;
  File *file = find(fd, id);
  if (file == nullptr || !created) return;
  note_name({NameChange::Kind::kCreate, file->path, "", "", directory_of(file->path), id});
}

// Counts the step. Returns only when the process shall live on.
void Log::take_step(size_t size, const std::function<ssize_t(size_t)> *next) {
  ++step_;
  ++total_.steps;
  const bool now = step_ == plan_.at;
  if (now && plan_.fault == Fault::kPowerCut) {
    cut_power();
    die();
  }
  if (now && plan_.fault == Fault::kKill) {
    if (next != nullptr && size > 1 && plan_.seed % 2 == 1) (*next)(1 + random_() % (size - 1));
    die();
  }
}

// The errno that the plan has for this write, or 0.
int Log::write_error() {
  ++write_;
  ++total_.writes;
  if (write_ < plan_.at || (plan_.fault != Fault::kNoSpace && plan_.fault != Fault::kIoError))
    return 0;
  ++total_.faults;
  return plan_.fault == Fault::kNoSpace ? ENOSPC : EIO;
}

ssize_t Log::write(int fd, off_t offset, size_t size, const std::function<ssize_t(size_t)> &next) {
  const Lock lock(mutex_);
  FileId id;
  File *file = find(fd, id);
  if (file == nullptr) return next(size);
  take_step(size, &next);
  if (const int error = write_error(); error != 0) {
    errno = error;
    return -1;
  }
  const int flags = fcntl(fd, F_GETFL);
  struct stat info {};
  fstat(fd, &info);
  if (offset < 0) offset = (flags & O_APPEND) != 0 ? info.st_size : lseek(fd, 0, SEEK_CUR);
  const bool remembered = plan_.fault == Fault::kPowerCut && remember(*file, offset, size, 0);
  const ssize_t written = next(size);
  if (written <= 0) {
    if (remembered) file->changes.pop_back();
    return written;
  }
  file->seen_written = true;
  file->last_write = ++sequence_;
  file->dirty = true;
  if (remembered) {
    std::vector<char> &after = file->changes.back().after;
    after.resize(static_cast<size_t>(written));
    const auto got = syscall(SYS_pread64, file->own_fd, after.data(), after.size(), offset);
    after.resize(got > 0 ? static_cast<size_t>(got) : 0);
  }
  if ((flags & O_DSYNC) != 0) {
    ++total_.syncs;
    forget_synced(id, sequence_);
  }
  return written;
}

// Saves what the next `size` bytes at `offset` are, before they are overwritten.
bool Log::remember(File &file, off_t offset, size_t size, off_t size_after) {
  if (file.own_fd < 0)
    file.own_fd =
        static_cast<int>(syscall(SYS_openat, AT_FDCWD, file.path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat info {};
  if (file.own_fd < 0 || fstat(file.own_fd, &info) != 0) return false;
  Change change{offset, std::vector<char>(size), {}, info.st_size, size_after, sequence_ + 1};
  const auto got = syscall(SYS_pread64, file.own_fd, change.before.data(), size, offset);
  change.before.resize(got > 0 ? static_cast<size_t>(got) : 0);
  file.changes.push_back(std::move(change));
  return true;
}

int Log::resize(int fd, off_t size_after, const std::function<int()> &next) {
  const Lock lock(mutex_);
  FileId id;
  File *file = find(fd, id);
  if (file == nullptr) return next();
  take_step(0, nullptr);
  struct stat info {};
  fstat(fd, &info);
  if (size_after > info.st_size) {
    if (const int error = write_error(); error != 0) {
      errno = error;
      return -1;
    }
  }
  if (plan_.fault == Fault::kPowerCut) {
    const off_t cut = std::max<off_t>(0, info.st_size - size_after);
    remember(*file, std::min(size_after, info.st_size), static_cast<size_t>(cut), size_after);
  }
  const int result = next();
  if (result == 0) {
    file->seen_written = true;
    file->dirty = true;
    file->last_write = ++sequence_;
  }
  return result;
}

int Log::sync(int fd, const std::function<int()> &next) {
  Lock lock(mutex_);
  FileId id;
  File *file = find(fd, id);
  if (file == nullptr) return next();
  take_step(0, nullptr);
  ++sync_;
  const uint64_t upto = sequence_;
  if (plan_.fault == Fault::kSyncError && sync_ == plan_.at) {
    ++total_.faults;
    errno = EIO;
    return -1;
  }
  if (plan_.fault == Fault::kSyncStall && sync_ == plan_.at) stall(lock);
  lock.unlock();
  const int result = next();
  lock.lock();
  if (result != 0) return result;
  ++total_.syncs;
  forget_synced(id, upto);
  return result;
}

void Log::stall(Lock &lock) {
  ++total_.faults;
  total_.stalled = true;
  injected_.wait_for(lock, kLongestStall, [this, now = injections_] { return injections_ != now; });
  total_.stalled = false;
}

void Log::sync_all() {
  const Lock lock(mutex_);
  ++total_.syncs;
  for (const auto &[id, file] : files_) forget_synced(id, sequence_);
  names_.clear();
}

// What was written to the file up to `sequence` is on stable storage, and so is its directory
// entry, as journaling file systems do it; a directory that was synced keeps all its entries.
void Log::forget_synced(const FileId &id, uint64_t sequence) {
  File &file = files_[id];
  if (file.last_write <= sequence) file.dirty = false;
  auto &changes = file.changes;
  changes.erase(
      std::remove_if(changes.begin(), changes.end(),
                     [sequence](const Change &change) { return change.sequence <= sequence; }),
      changes.end());
  names_.erase(
      std::remove_if(names_.begin(), names_.end(),
                     [&id](const NameChange &change) {
                       return change.directory == id ||
                              (change.kind == NameChange::Kind::kCreate && change.file == id);
                     }),
      names_.end());
}

}  // namespace navistore::conformance::io
