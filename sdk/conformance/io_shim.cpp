// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/io_shim.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "sdk/conformance/io_log.hpp"

namespace navistore::conformance::io {
namespace {

namespace fs = std::filesystem;

struct Stamp {
  ino_t inode;
  off_t size;
  time_t seconds;
  long nanoseconds;
  bool operator==(const Stamp &other) const {
    return inode == other.inode && size == other.size && seconds == other.seconds &&
           nanoseconds == other.nanoseconds;
  }
};

std::string &watched_root() {
  static std::string root;
  return root;
}

std::map<std::string, Stamp> &stamps_at_start() {
  static std::map<std::string, Stamp> stamps;
  return stamps;
}

bool is_rebuilt(const std::string &path) {
  return path.size() >= 4 && path.compare(path.size() - 4, 4, "-shm") == 0;
}

// Calls visit(path, stat) for each regular file below the root.
template <class F>
void each_file(F visit) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(watched_root(), error), end; !error && at != end;
       at.increment(error)) {
    struct stat info {};
    const std::string path = at->path().string();
    if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) visit(path, info);
  }
}

Stamp stamp_of(const struct stat &info) {
  return {info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

// A line of /proc/self/maps: address perms offset device inode path.
std::string shared_mapping() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const size_t perms = line.find(' ') + 1;
    const size_t path = line.find(watched_root());
    if (path == std::string::npos || line.compare(perms + 1, 1, "w") != 0 ||
        line.compare(perms + 3, 1, "s") != 0)
      continue;
    if (!is_rebuilt(line)) return line.substr(path);
  }
  return "";
}

bool uses_io_uring() {
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd", error)) {
    if (fs::read_symlink(entry.path(), error).string().find("[io_uring]") != std::string::npos)
      return true;
  }
  return false;
}

std::string changed_unseen() {
  std::string result;
  each_file([&result](const std::string &path, const struct stat &info) {
    const auto before = stamps_at_start().find(path);
    const bool changed =
        before == stamps_at_start().end() ? info.st_size > 0 : !(before->second == stamp_of(info));
    if (changed && !is_rebuilt(path) && !Log::get().seen_written({info.st_dev, info.st_ino}))
      result = path;
  });
  return result;
}

}  // namespace

void watch(const std::string &root) {
  watched_root() = root;
  each_file([](const std::string &path, const struct stat &info) {
    stamps_at_start()[path] = stamp_of(info);
  });
  Log::get().watch(root);
}

void inject(const Plan &plan) { Log::get().inject(plan); }

Report report() { return Log::get().report(); }

std::string blind_spots() {
  if (const std::string path = shared_mapping(); !path.empty())
    return "a shared writable mapping of " + path;
  if (uses_io_uring()) return "an io_uring";
  if (const std::string path = changed_unseen(); !path.empty())
    return "a change of " + path + " that was not a write";
  return "";
}

}  // namespace navistore::conformance::io
