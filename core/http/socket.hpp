// SPDX-License-Identifier: Apache-2.0
// Non-blocking transfers, plain; tls.hpp has the same over TLS.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace navistore::http {

struct Transfer {
  enum class Status { kDone, kAgain, kEnd, kBroken } status;
  size_t bytes = 0;
};

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor &&other) noexcept : fd_(other.release()) {}
  Descriptor &operator=(Descriptor &&other) noexcept;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();
  void reset(int fd = -1);

 private:
  int fd_;
};

Transfer receive_plain(int fd, char *buffer, size_t size);
Transfer send_plain(int fd, const iovec *pieces, int count);
// close() will reset the connection.
void reset_at_close(int fd);
// Bytes that were sent, and that the peer has not acknowledged (of a unix socket: not read; then
// the kernel's overhead is counted, too).
uint64_t unacknowledged(int fd);
// The processor on which the last packet of a connection came in; -1 where there is none.
int incoming_processor(int fd);

}  // namespace navistore::http
