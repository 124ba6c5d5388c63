// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace {

std::atomic<bool> failing{false};
std::atomic<bool> failing_writes{false};
std::atomic<unsigned> succeeded{0};
std::atomic<unsigned> written{0};
std::atomic<unsigned> read_calls{0};
std::atomic<unsigned> written_back{0};
std::atomic<size_t> most_brought{SIZE_MAX};

std::mutex hook_mutex;
std::function<void(const std::string &)> sync_hook;

void call_sync_hook(int fd) {
  std::function<void(const std::string &)> hook;
  {
    const std::lock_guard<std::mutex> lock(hook_mutex);
    hook = sync_hook;
  }
  if (hook) hook(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
}

int sync_file(long call, int fd) {
  call_sync_hook(fd);
  if (failing) {
    errno = EIO;
    return -1;
  }
  const auto result = static_cast<int>(::syscall(call, fd));
  if (result == 0) ++succeeded;
  return result;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int fsync(int fd) {
  return sync_file(SYS_fsync, fd);
}
extern "C" __attribute__((visibility("default"))) int fdatasync(int fd) {
  return sync_file(SYS_fdatasync, fd);
}
extern "C" __attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void *data,
                                                                   size_t size, off64_t offset) {
  if (failing_writes) {
    errno = EIO;
    return -1;
  }
  ++written;
  return ::syscall(SYS_pwrite64, fd, data, size, offset);
}

extern "C" __attribute__((visibility("default"))) ssize_t pread64(int fd, void *to, size_t size,
                                                                  off64_t offset) {
  ++read_calls;
  return ::syscall(SYS_pread64, fd, to, size, offset);
}
extern "C" __attribute__((visibility("default"))) int sync_file_range(int fd, off64_t offset,
                                                                      off64_t size,
                                                                      unsigned flags) {
  ++written_back;
  return static_cast<int>(::syscall(SYS_sync_file_range, fd, offset, size, flags));
}
extern "C" __attribute__((visibility("default"))) int madvise(void *memory, size_t size,
                                                              int advice) noexcept {
  if (advice == MADV_POPULATE_READ && size > most_brought) {
    errno = EFAULT;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_madvise, memory, size, advice));
}

namespace navistore::sqlite::test {

FailingSync::FailingSync() { failing = true; }
FailingSync::~FailingSync() { failing = false; }

FailingWrite::FailingWrite() { failing_writes = true; }
FailingWrite::~FailingWrite() { failing_writes = false; }

UnreadablePages::UnreadablePages(size_t most) { most_brought = most; }
UnreadablePages::~UnreadablePages() { most_brought = SIZE_MAX; }

SyncHook::SyncHook(std::function<void(const std::string &)> hook) {
  const std::lock_guard<std::mutex> lock(hook_mutex);
  sync_hook = std::move(hook);
}
SyncHook::~SyncHook() {
  const std::lock_guard<std::mutex> lock(hook_mutex);
  sync_hook = nullptr;
}

unsigned syncs() { return succeeded; }
unsigned writes() { return written; }
unsigned reads() { return read_calls; }
unsigned write_backs() { return written_back; }

std::string in_child(const std::function<std::string()> &body, uid_t user) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = user == 0 || (::setgid(user) == 0 && ::setuid(user) == 0);
    const std::string text = changed ? body() : "no rights";
    const auto written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t n = 0; (n = ::read(ends[0], part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return text;
}

SmallDisk::SmallDisk(std::string path, size_t bytes) : path_(std::move(path)) {
  const std::string options = "size=" + std::to_string(bytes);
  ok_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (ok_) ::umount2(path_.c_str(), MNT_DETACH);
}

}  // namespace navistore::sqlite::test
