// SPDX-License-Identifier: Apache-2.0
// What the operator says to a running server: signals, and the file that tells its ports.
#pragma once

#include <signal.h>

#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/http/server.hpp"
#include "core/result.hpp"

namespace navistore {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, and ignores SIGPIPE: create
// it first in main.
class Signals {
 public:
  enum class Hangup { kReloads, kStops };  // what SIGHUP means: a server reloads
  explicit Signals(Hangup hangup = Hangup::kReloads);
  enum class Said { kStop, kReload };
  // Waits for the next one. [one thread]
  Said wait() const;
  // Readable as soon as the process was told to stop; reading nothing of it leaves that to wait().
  int stop_fd() const { return stops_.get(); }
  bool stop_was_said() const;
  // From now on a second SIGTERM or SIGINT ends the process at once with status 1.
  static void next_stop_kills();

 private:
  sigset_t set_{};
  Descriptor stops_;
};

// Lets the process have as many descriptors as its hard limit allows; returns how many.
size_t raise_descriptor_limit();

// How many connections to allow: as many as options say, but fewer where clients could take the
// descriptors that the store needs.
size_t connections_within(size_t descriptors, const http::ServerOptions &options);

// Writes the ports of the TCP addresses ("127.0.0.1:8787"), one a line; the file appears whole.
Outcome write_port_file(const std::string &path, const std::vector<std::string> &addresses);

}  // namespace navistore
