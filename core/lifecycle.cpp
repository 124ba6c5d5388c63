// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/host/plugin_file.hpp"

namespace navistore {
namespace {

// For the store, its files and peers, known values, and clients that are told that there are too
// many.
constexpr size_t kOtherDescriptors = 640;

}  // namespace

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  return static_cast<size_t>(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before);
}

size_t connections_within(size_t descriptors, const http::ServerOptions &options) {
  const size_t others = std::min(kOtherDescriptors, descriptors / 2);
  return std::min(options.max_connections, descriptors - others);
}

Signals::Signals(Hangup hangup) {
  ::signal(SIGPIPE, SIG_IGN);
  ::sigemptyset(&set_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set_, number);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  sigset_t stops = set_;
  if (hangup == Hangup::kReloads) ::sigdelset(&stops, SIGHUP);
  stops_ = Descriptor(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));
}

bool Signals::stop_was_said() const {
  pollfd said{stops_.get(), POLLIN, 0};
  return ::poll(&said, 1, 0) == 1;
}

Signals::Said Signals::wait() const {
  int number = 0;
  while (::sigwait(&set_, &number) != 0) {
  }
  return number == SIGHUP ? Said::kReload : Said::kStop;
}

void Signals::next_stop_kills() {
  struct sigaction action {};
  action.sa_handler = [](int) { ::_exit(1); };
  sigset_t stops;
  ::sigemptyset(&stops);
  for (const int number : {SIGTERM, SIGINT}) {
    ::sigaction(number, &action, nullptr);
    ::sigaddset(&stops, number);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
}

Outcome write_port_file(const std::string &path, const std::vector<std::string> &addresses) {
  std::string text;
  for (const std::string &address : addresses) {
    if (address.compare(0, 5, "unix:") == 0) continue;
    text += address.substr(address.rfind(':') + 1) + "\n";
  }
  return host::write_whole_file(path, text);
}

}  // namespace navistore
