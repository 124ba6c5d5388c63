// SPDX-License-Identifier: Apache-2.0
#include "core/http/socket.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace navistore::http {
namespace {

Transfer outcome(ssize_t bytes, Transfer::Status at_zero) {
  if (bytes > 0) return {Transfer::Status::kDone, static_cast<size_t>(bytes)};
  if (bytes == 0) return {at_zero};
  return {errno == EAGAIN ? Transfer::Status::kAgain : Transfer::Status::kBroken};
}

}  // namespace

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  reset(other.release());
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Transfer receive_plain(int fd, char *buffer, size_t size) {
  ssize_t bytes = 0;
  do {
    bytes = ::recv(fd, buffer, size, 0);
  } while (bytes < 0 && errno == EINTR);
  return outcome(bytes, Transfer::Status::kEnd);
}

Transfer send_plain(int fd, const iovec *pieces, int count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec *>(pieces);  // sendmsg only reads
  message.msg_iovlen = static_cast<size_t>(count);
  ssize_t bytes = 0;
  do {
    bytes = count == 1 ? ::send(fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL)
                       : ::sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (bytes < 0 && errno == EINTR);
  return outcome(bytes, Transfer::Status::kAgain);
}

void reset_at_close(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

uint64_t unacknowledged(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? static_cast<uint64_t>(bytes) : 0;
}

int incoming_processor(int fd) {
  int processor = -1;
  socklen_t size = sizeof processor;
  return ::getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &processor, &size) == 0 ? processor : -1;
}

}  // namespace navistore::http
