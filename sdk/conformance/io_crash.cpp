// SPDX-License-Identifier: Apache-2.0
// Changes of names, and what a crash leaves. Everything here is done by system calls, never through
// the shim.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "sdk/conformance/io_log.hpp"

namespace navistore::conformance::io {
namespace {

constexpr off_t kPage = 4096;  // the unit in which the kernel writes a file back

void put(int fd, const char *bytes, size_t size, off_t offset) {
  if (size > 0) syscall(SYS_pwrite64, fd, bytes, size, offset);
}

void resize_file(int fd, off_t size) { syscall(SYS_ftruncate, fd, size); }

FileId file_at(const std::string &path) {
  struct stat info {};
  stat(path.c_str(), &info);
  return {info.st_dev, info.st_ino};
}

FileId directory_at(const std::string &path) { return file_at(path.substr(0, path.rfind('/'))); }

}  // namespace

void Log::note_name(NameChange change) {
  if (plan_.fault == Fault::kPowerCut) names_.push_back(std::move(change));
}

// A hard link, so that the file outlives the removal of its name.
std::string Log::keep(const std::string &path) {
  if (plan_.fault != Fault::kPowerCut) return "";
  std::string kept = attic_ + "/" + std::to_string(getpid()) + "-" + std::to_string(++kept_);
  const long failed = syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0);
  return failed == 0 ? kept : "";
}

int Log::rename(const std::string &from, const std::string &to, const std::function<int()> &next) {
  const Lock lock(mutex_);
  if (!watches(to)) return next();
  take_step(0, nullptr);
  const FileId file = file_at(from);
  const std::string kept = keep(to);
  const int result = next();
  if (result != 0) return result;
  if (const auto found = files_.find(file); found != files_.end()) found->second.path = to;
  note_name({NameChange::Kind::kRename, from, to, kept, directory_at(to), file});
  return result;
}

int Log::unlink(const std::string &path, const std::function<int()> &next) {
  const Lock lock(mutex_);
  if (!watches(path)) return next();
  take_step(0, nullptr);
  const FileId file = file_at(path);
  const std::string kept = keep(path);
  const int result = next();
  if (result != 0) return result;
  if (const auto found = files_.find(file); found != files_.end())
    found->second.dirty = false;  // nobody reads it
  note_name({NameChange::Kind::kUnlink, path, "", kept, directory_at(path), file});
  return result;
}

void Log::die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

namespace {

// The content at the last sync, then a random part of the pages written since, in their order.
void forget_some(const File &file, std::mt19937_64 &random) {
  for (auto change = file.changes.rbegin(); change != file.changes.rend(); ++change) {
    put(file.own_fd, change->before.data(), change->before.size(), change->offset);
    resize_file(file.own_fd, change->size_before);
  }
  for (const Change &change : file.changes) {
    if (change.after.empty()) {
      if (random() % 2 == 0) resize_file(file.own_fd, change.size_after);
      continue;
    }
    const off_t end = change.offset + static_cast<off_t>(change.after.size());
    for (off_t at = change.offset; at < end;) {
      const off_t stop = std::min(end, (at / kPage + 1) * kPage);
      if (random() % 2 == 0) {
        put(file.own_fd, change.after.data() + (at - change.offset), static_cast<size_t>(stop - at),
            at);
      }
      at = stop;
    }
  }
}

void undo(const NameChange &change) {
  switch (change.kind) {
    case NameChange::Kind::kCreate: syscall(SYS_unlink, change.from.c_str()); return;
    case NameChange::Kind::kRename:
      syscall(SYS_rename, change.to.c_str(), change.from.c_str());
      break;
    case NameChange::Kind::kUnlink: break;
  }
  if (change.kept.empty()) return;
  const std::string &back = change.kind == NameChange::Kind::kRename ? change.to : change.from;
  syscall(SYS_rename, change.kept.c_str(), back.c_str());
}

}  // namespace

// Content: any part of what was not synced may be lost. Names: file systems journal them in order,
// so a suffix is.
void Log::cut_power() {
  for (const auto &[id, file] : files_) {
    if (file.own_fd >= 0) forget_some(file, random_);
  }
  const size_t kept = random_() % (names_.size() + 1);
  while (names_.size() > kept) {
    undo(names_.back());
    names_.pop_back();
  }
}

}  // namespace navistore::conformance::io
