// SPDX-License-Identifier: Apache-2.0
// A body that many answers send, in a file in memory that nobody can change any more
// (memfd_create(2), F_SEAL_WRITE): the kernel sends it from there, without a copy (sendfile(2)).
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "core/descriptor.hpp"
#include "core/http/message.hpp"

namespace navistore::http {

// Takes one descriptor. [any thread] all members.
class SealedBody {
 public:
  // Copies bytes, of which there is at least one. Null where the system has no descriptor or no
  // memory left, or no such files.
  static SealedBodyPtr make(std::string_view bytes);
  ~SealedBody();
  SealedBody(const SealedBody &) = delete;
  SealedBody &operator=(const SealedBody &) = delete;

  std::string_view bytes() const { return bytes_; }
  int descriptor() const { return file_.get(); }

 private:
  SealedBody(Descriptor file, std::string_view bytes) : file_(std::move(file)), bytes_(bytes) {}

  const Descriptor file_;
  const std::string_view bytes_;  // mapped
};

}  // namespace navistore::http
