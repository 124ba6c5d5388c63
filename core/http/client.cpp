// SPDX-License-Identifier: Apache-2.0
#include "core/http/client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace navistore::http {
namespace {

constexpr size_t kReadBuffer = size_t{64} * 1024;
constexpr int kReadsPerTurn = 16;  // then the other clients
constexpr int kPieces = 16;        // a write
constexpr int64_t kLingerMs = 2'000;

}  // namespace

Client::Client(int fd, ClientHost &host, Workspace &workspace, Handler &handler, Origin origin,
               uint64_t tag)
    : Peer(fd, Pistache::Address(), nullptr),
      host_(host),
      workspace_(workspace),
      connection_(std::make_shared<Connection>(workspace, handler, *this, origin)),
      tag_(tag),
      connected_ms_(workspace.now_ms) {}

void Client::ready(const Readiness &readiness) {
  ++events_;
  if (readiness.writable) write_blocked_ = false;
  if (readiness.readable || readiness.hangup) readable_ = true;
  if (readiness.hangup) ended_ = true;
  if (tls_) {  // either direction of TLS may have waited for the other one of the socket
    write_blocked_ = false;
    readable_ = true;
  }
  run();
}

void Client::run() {
  if (!tls_ || tls_->established() || shake_hands()) {
    flush();
    read();
  }
  conclude();
}

// Returns true when the handshake is done.
bool Client::shake_hands() {
  switch (tls_->handshake()) {
    case Transfer::Status::kDone: return true;
    case Transfer::Status::kAgain:
      if (tls_->wants_write()) watch_writable();
      return false;
    case Transfer::Status::kEnd:
    case Transfer::Status::kBroken: break;
  }
  broken_ = true;
  return false;
}

void Client::watch_writable() {
  if (!watches_writable_) host_.watch_writable(*this);
  watches_writable_ = true;
}

void Client::flush() {
  OutputQueue &output = connection_->output();
  std::array<iovec, kPieces> pieces;
  while (!output.empty() && !write_blocked_ && !broken_) {
    FilePiece file;
    const int count = output.gather(pieces.data(), kPieces, tls_ ? nullptr : &file);
    const Transfer transfer =
        tls_ ? tls_->send(pieces.data(), count) : send_plain(fd(), pieces.data(), count, file);
    switch (transfer.status) {
      case Transfer::Status::kDone:
        workspace_.counters.bytes_out.add(transfer.bytes);
        output.consume(transfer.bytes);
        sent_ += transfer.bytes;
        connection_->sent();
        break;
      case Transfer::Status::kAgain:
        write_blocked_ = true;
        watch_writable();
        break;
      case Transfer::Status::kEnd:
      case Transfer::Status::kBroken: broken_ = true; break;
    }
  }
}

void Client::read() {
  thread_local std::array<char, kReadBuffer> buffer;
  for (int reads = 0; readable_ && !broken_ && connection_->wants_input(); ++reads) {
    if (reads == kReadsPerTurn) {
      host_.yield(*this);
      return;
    }
    const Transfer transfer = tls_ ? tls_->receive(buffer.data(), buffer.size())
                                   : receive_plain(fd(), buffer.data(), buffer.size());
    switch (transfer.status) {
      case Transfer::Status::kDone:
        // A short read emptied the socket, unless a FIN came in the same edge.
        readable_ = transfer.bytes == buffer.size() || ended_ || tls_;
        host_.input(*this, {buffer.data(), transfer.bytes});
        flush();
        break;
      case Transfer::Status::kAgain:
        readable_ = false;
        if (tls_ && tls_->wants_write()) watch_writable();
        break;
      case Transfer::Status::kEnd:
        readable_ = false;
        connection_->receive_end();
        flush();
        break;
      case Transfer::Status::kBroken: broken_ = true; break;
    }
  }
}

void Client::conclude() {
  if (broken_) {
    host_.remove(*this);
    return;
  }
  if (!connection_->output().empty()) return;
  switch (connection_->fate()) {
    case Connection::Fate::kOpen: break;
    case Connection::Fate::kClose: host_.remove(*this); break;
    case Connection::Fate::kReset:
      broken_ = true;  // no farewell of TLS either
      reset_at_close(fd());
      host_.remove(*this);
      break;
    case Connection::Fate::kLinger:
      if (lingering_since_ms_ != 0) break;
      lingering_since_ms_ = workspace_.now_ms;
      if (tls_) tls_->close();
      ::shutdown(fd(), SHUT_WR);
      break;
  }
}

Wire Client::wire() const { return {tls_ ? tls_->sent() : sent_, unacknowledged(fd())}; }

void Client::close() {
  if (tls_ && !broken_ && lingering_since_ms_ == 0) tls_->close();
  ::close(fd());
}

bool Client::movable() const {
  return connection_->at_rest() && !broken_ && !ended_ && !write_blocked_ && !awaits_attention &&
         lingering_since_ms_ == 0 && (!tls_ || tls_->established());
}

Guest Client::leave() {
  Guest guest;
  guest.socket = Descriptor(fd());
  guest.handler = &connection_->handler();
  guest.origin = connection_->origin();
  guest.secure = tls_ != nullptr;
  guest.tls = std::move(tls_);
  return guest;
}

void Client::tick() {
  if (lingering_since_ms_ != 0) {
    if (workspace_.now_ms - lingering_since_ms_ > kLingerMs) host_.remove(*this);
    return;
  }
  const bool shaking = tls_ && !tls_->established();
  if (shaking && workspace_.now_ms - connected_ms_ > workspace_.options.head_timeout.count()) {
    host_.remove(*this);
    return;
  }
  switch (connection_->tick()) {
    case Connection::Expiry::kNothing: break;
    case Connection::Expiry::kAnswered: run(); break;
    case Connection::Expiry::kClose: host_.remove(*this); break;
  }
}

}  // namespace navistore::http
