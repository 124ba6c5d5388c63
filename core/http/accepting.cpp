// SPDX-License-Identifier: Apache-2.0
// The part of a worker that takes new connections.
#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "core/http/worker.hpp"

namespace navistore::http {
namespace {

using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

constexpr int kAcceptsPerTurn = 64;
constexpr int kShedPerTick = 64;
// Connections over the limit that are told so; beyond them they are only closed.
constexpr size_t kPoliteRefusals = 256;

bool out_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

// True: more may wait.
bool Worker::accept_some(Listener &listener) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Accepted accepted = accept_from(listener.descriptor());
    if (accepted.socket.valid() && engine_.reserves_missing.load() > 0) {
      engine_.refused.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    if (accepted.socket.valid()) {
      admit(std::move(accepted), listener);
      continue;
    }
    if (out_of_descriptors(accepted.error)) {
      // Level-triggered: the worker would spin. The next tick tries again.
      if (std::exchange(starved_, true) && reserve_.valid()) shed(listener);
      pause_accepting();
      return false;
    }
    starved_ = false;
    if (accepted.error == EAGAIN) return false;  // else: that client is gone already
  }
  return true;
}

// For the last time: whoever waits then is reset when the listening socket closes.
void Worker::accept_last() {
  for (Listener &listener : engine_.listeners) {
    for (int left = engine_.options.backlog; left >= 0; left -= kAcceptsPerTurn) {
      if (!accept_some(listener)) break;
    }
  }
  pause_accepting();
}

void Worker::admit(Accepted accepted, const Listener &listener) {
  engine_.accepted.fetch_add(1, std::memory_order_relaxed);
  const size_t open = engine_.connections.load(std::memory_order_relaxed);
  Guest guest;
  if (open >= engine_.options.max_connections) {
    guest.admission = Guest::Admission::kRefused;
    engine_.refused.fetch_add(1, std::memory_order_relaxed);
    if (open >= engine_.options.max_connections + kPoliteRefusals || listener.tls()) return;
  }
  guest.socket = std::move(accepted.socket);
  guest.handler = &listener.handler();
  guest.origin = origin_of(accepted.peer);
  guest.secure = listener.tls();
  engine_.connections.fetch_add(1);
  place(std::move(guest));
}

void Worker::pause_accepting() {
  if (!std::exchange(accepting_, false)) return;
  for (const Listener &listener : engine_.listeners) poller_->removeFd(listener.descriptor());
}

void Worker::resume_accepting() {
  if (std::exchange(accepting_, true)) return;
  for (const Listener &listener : engine_.listeners) {
    const int descriptor = listener.descriptor();
    poller_->addFd(descriptor, Pistache::Flags<NotifyOn>(NotifyOn::Read),
                   Tag(static_cast<uint64_t>(descriptor)));
  }
}

// Descriptors have been short for a while: waiting clients are turned away rather than left
// hanging, through the one descriptor that was kept for it.
void Worker::shed(Listener &listener) {
  engine_.reserves_missing.fetch_add(1);
  reserve_.reset();
  for (int i = 0; i < kShedPerTick; ++i) {
    if (!accept_from(listener.descriptor()).socket.valid()) break;
    engine_.refused.fetch_add(1, std::memory_order_relaxed);
  }
  restore_reserve();
}

// Tried again at every tick: another worker may have caught the descriptor for a moment.
void Worker::restore_reserve() {
  reserve_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (reserve_.valid()) engine_.reserves_missing.fetch_sub(1);
}

}  // namespace navistore::http
