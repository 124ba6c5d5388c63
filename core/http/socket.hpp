// SPDX-License-Identifier: Apache-2.0
// Non-blocking transfers, plain; tls.hpp has the same over TLS.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace navistore::http {

struct FilePiece;

struct Transfer {
  enum class Status { kDone, kAgain, kEnd, kBroken } status;
  size_t bytes = 0;
};

Transfer receive_plain(int fd, char *buffer, size_t size);
// Sends from the first pieces, then from the file; kDone may mean a part. SIGPIPE is the caller's.
Transfer send_plain(int fd, const iovec *pieces, int count, const FilePiece &file);
// close() will reset the connection.
void reset_at_close(int fd);
// Bytes that were sent, and that the peer has not acknowledged (of a unix socket: not read; then
// the kernel's overhead is counted, too).
uint64_t unacknowledged(int fd);
// The processor on which the last packet of a connection came in; -1 where there is none.
int incoming_processor(int fd);

}  // namespace navistore::http
