// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "core/result.hpp"

namespace navistore::host {

// A file descriptor that closes itself; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// The text of an errno value.
inline std::string error_text(int error) {
  return std::error_code(error, std::generic_category()).message();
}

// A failed call of the system, as the class that its errno belongs to: kDenied, kNoSpace, else kIo.
inline Error system_error(int error, const std::string &doing) {
  Code code = Code::kIo;
  if (error == EACCES || error == EPERM || error == EROFS) code = Code::kDenied;
  if (error == ENOSPC || error == EDQUOT) code = Code::kNoSpace;
  return {code, doing + ": " + error_text(error)};
}

}  // namespace navistore::host
