// SPDX-License-Identifier: Apache-2.0
#include "core/http/socket.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/http/output_queue.hpp"

namespace navistore::http {
namespace {

Transfer outcome(ssize_t bytes, Transfer::Status at_zero) {
  if (bytes > 0) return {Transfer::Status::kDone, static_cast<size_t>(bytes)};
  if (bytes == 0) return {at_zero};
  return {errno == EAGAIN ? Transfer::Status::kAgain : Transfer::Status::kBroken};
}

Transfer send_pieces(int fd, const iovec *pieces, int count, int flags) {
  msghdr message{};
  message.msg_iov = const_cast<iovec *>(pieces);  // sendmsg only reads
  message.msg_iovlen = static_cast<size_t>(count);
  ssize_t bytes = 0;
  do {
    bytes = count == 1 ? ::send(fd, pieces->iov_base, pieces->iov_len, flags)
                       : ::sendmsg(fd, &message, flags);
  } while (bytes < 0 && errno == EINTR);
  return outcome(bytes, Transfer::Status::kAgain);
}

Transfer send_file(int fd, const FilePiece &file) {
  auto offset = static_cast<off_t>(file.offset);
  ssize_t bytes = 0;
  do {
    bytes = ::sendfile(fd, file.descriptor, &offset, file.length);
  } while (bytes < 0 && errno == EINTR);
  return outcome(bytes, Transfer::Status::kAgain);
}

size_t total(const iovec *pieces, int count) {
  size_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += pieces[i].iov_len;
  return bytes;
}

}  // namespace

Transfer receive_plain(int fd, char *buffer, size_t size) {
  ssize_t bytes = 0;
  do {
    bytes = ::recv(fd, buffer, size, 0);
  } while (bytes < 0 && errno == EINTR);
  return outcome(bytes, Transfer::Status::kEnd);
}

Transfer send_plain(int fd, const iovec *pieces, int count, const FilePiece &file) {
  if (file.length == 0) return send_pieces(fd, pieces, count, MSG_NOSIGNAL);
  Transfer head{Transfer::Status::kDone};
  if (count > 0) head = send_pieces(fd, pieces, count, MSG_NOSIGNAL | MSG_MORE);
  if (head.bytes < total(pieces, count)) return head;
  const Transfer body = send_file(fd, file);
  if (head.bytes > 0 && body.status != Transfer::Status::kDone) return head;
  return {body.status, head.bytes + body.bytes};
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
