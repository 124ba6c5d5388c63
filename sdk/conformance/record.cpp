// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/record.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace navistore::conformance {
namespace {

constexpr size_t kLengthDigits = 8;
constexpr size_t kMaxText = 3500;   // with nonce and header below PIPE_BUF
constexpr size_t kMaxInfo = 60000;  // the probe is alone with its pipe

int record_fd = -1;
std::string record_nonce;  // NOLINT(bugprone-throwing-static-initialization): empty

bool is_kind(char c) { return std::string_view("FWSIRD").find(c) != std::string_view::npos; }

}  // namespace

void start_records(int fd, const std::string &nonce) {
  record_fd = fd;
  record_nonce = nonce;
}

void send_record(RecordKind kind, const std::string &text) {
  char length[kLengthDigits + 1];
  const std::string_view shown =
      std::string_view(text).substr(0, kind == RecordKind::kInfo ? kMaxInfo : kMaxText);
  std::snprintf(length, sizeof length, "%08zx", shown.size());
  std::string wire = record_nonce;
  wire += static_cast<char>(kind);
  wire.append(length).append(shown);
  // The system call itself: write() is the shim's, which may be told to fail.
  if (syscall(SYS_write, record_fd, wire.data(), wire.size()) != static_cast<long>(wire.size())) {
    // Without the record the runner counts the case as crashed, which is what it is.
    return;
  }
}

void RecordParser::feed(std::string_view bytes) {
  pending_.append(bytes);
  for (;;) {
    const size_t start = pending_.find(nonce_);
    if (start == std::string::npos) {
      // Bytes that cannot be the beginning of a nonce are not ours.
      if (pending_.compare(0, std::string::npos, nonce_, 0, pending_.size()) != 0) foreign_ = true;
      return;
    }
    if (start > 0) foreign_ = true;
    const size_t header = start + nonce_.size() + 1 + kLengthDigits;
    if (pending_.size() < header) return;
    const char kind = pending_[start + nonce_.size()];
    const size_t length =
        std::strtoul(pending_.substr(header - kLengthDigits, kLengthDigits).c_str(), nullptr, 16);
    if (!is_kind(kind) || length > kMaxInfo) {
      foreign_ = true;
      pending_.erase(0, header);
      continue;
    }
    if (pending_.size() < header + length) return;
    records_.push_back({static_cast<RecordKind>(kind), pending_.substr(header, length)});
    pending_.erase(0, header + length);
  }
}

}  // namespace navistore::conformance
