// SPDX-License-Identifier: Apache-2.0
#include "core/http/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace navistore::http {
namespace {

constexpr size_t kPortion = 32;

int open_eventfd() {
  const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

void deliver(Letter &letter) noexcept {
  try {
    letter.deliver();
  } catch (...) {  // NOLINT(bugprone-empty-catch): it must not end the worker
  }
}

}  // namespace

Mailbox::Mailbox() : descriptor_(open_eventfd()) {}

Mailbox::~Mailbox() { ::close(descriptor_); }

void Mailbox::post(std::shared_ptr<Letter> letter) {
  {
    Lock lock(mutex_);
    if (closed_) return;
    letters_.push_back(std::move(letter));
    if (std::exchange(signalled_, true)) return;
  }
  WakeLater::wake(shared_from_this());
}

void Mailbox::wake() { ::eventfd_write(descriptor_, 1); }

size_t Mailbox::deliver_all(FunctionRef<void()> pause) {
  {
    Lock lock(mutex_);
    signalled_ = false;
    delivering_.swap(letters_);
  }
  size_t delivered = 0;
  for (std::shared_ptr<Letter> &letter : delivering_) {
    deliver(*letter);
    letter.reset();
    if (++delivered % kPortion == 0) pause();
  }
  delivering_.clear();
  return delivered;
}

void Mailbox::close() {
  std::vector<std::shared_ptr<Letter>> dropped;  // destroyed outside the lock
  Lock lock(mutex_);
  closed_ = true;
  dropped.swap(letters_);
}

}  // namespace navistore::http
