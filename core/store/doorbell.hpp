// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace navistore::store {

// Wakes one thread from any other, without a lock: even from inside a backend.
class Doorbell {
 public:
  Doorbell() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Doorbell() { ::close(descriptor_); }
  Doorbell(const Doorbell &) = delete;
  Doorbell &operator=(const Doorbell &) = delete;

  void ring() noexcept {
    const uint64_t one = 1;
    // Fails only when 2^64 - 2 rings wait, which wakes just as well.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
  }
  void wait() noexcept {  // returns after at least one ring since the last wait
    uint64_t rings = 0;
    while (::read(descriptor_, &rings, sizeof rings) < 0 && errno == EINTR) {
    }
  }

 private:
  int descriptor_;
};

}  // namespace navistore::store
