// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/conversation.hpp"

#include <algorithm>

namespace navistore::http::testing {

Conversation::Conversation(Bench &bench, Origin origin)
    : bench_(bench),
      connection_(std::make_shared<Connection>(bench.workspace, bench.handler, *this, origin)) {}

Conversation::~Conversation() { connection_->closed(); }

Conversation &Conversation::say(std::string_view bytes) {
  connection_->receive(bytes);
  return *this;
}

void Conversation::deliver() {
  for (int round = 0; round < 4; ++round) bench_.workspace.mailbox->deliver_all();
}

std::string Conversation::hear(size_t bytes) {
  std::string heard;
  while (heard.size() < bytes && !connection_->output().empty()) {
    iovec piece{};
    connection_->output().gather(&piece, 1);
    const size_t taken = std::min(piece.iov_len, bytes - heard.size());
    heard.append(static_cast<const char *>(piece.iov_base), taken);
    taken_ += taken;
    connection_->output().consume(taken);
    connection_->sent();
  }
  return heard;
}

std::string Conversation::hear() {
  deliver();
  return hear(std::string::npos);
}

}  // namespace navistore::http::testing
