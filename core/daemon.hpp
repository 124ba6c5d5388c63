// SPDX-License-Identifier: Apache-2.0
// A server in the background, as init scripts want it.
#pragma once

#include <string>
#include <utility>

#include "core/result.hpp"

namespace navistore {

class Daemon {
 public:
  // Forks, before any thread was started, and returns in the child, which leads a session of its
  // own. The process that was started waits, and ends with status 0 once ready() was called, or
  // with the child's status when that ends before; 1 where that is 0, as the child was told to
  // stop. kInternal: there is no child.
  static Result<Daemon> start();
  // Lets the starter go; from now on standard input and output lead nowhere.
  void ready();

 private:
  explicit Daemon(int starter) : starter_(starter) {}
  int starter_;  // a pipe's end; closed by the end of the process, too
};

// A file with the number of this process, for as long as it exists.
class PidFile {
 public:
  static Result<PidFile> write(const std::string &path);  // replaces what an earlier one left
  ~PidFile();
  PidFile(PidFile &&other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  PidFile &operator=(PidFile &&) = delete;

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace navistore
