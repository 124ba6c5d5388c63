// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/watch/samples.hpp"

namespace navistore::bench {

// Connects to 127.0.0.1:port. Ends the program when that fails.
int connect_to(uint16_t port);
void send_all(int socket, const std::string &bytes);

// Many streams of server-sent events, read by one thread with epoll.
class Crowd {
 public:
  // Opens one stream for each target and reads all their heads.
  Crowd(uint16_t port, const std::vector<std::string> &targets);
  ~Crowd();
  Crowd(const Crowd &) = delete;
  Crowd &operator=(const Crowd &) = delete;

  // Reads what comes until enough() holds or the time is up. The value of each put is the moment
  // at which it was sent.
  void read_until(const std::function<bool()> &enough, std::chrono::milliseconds limit);

  Samples &latencies() { return latencies_; }
  uint64_t overflows() const { return overflows_; }
  uint64_t ended() const { return ended_; }

 private:
  struct Stream {
    int socket = -1;
    std::string text;  // of an event that is not whole
  };
  void read(Stream &stream);
  void take_events(Stream &stream, uint64_t now);

  int epoll_;
  std::vector<Stream> streams_;
  Samples latencies_;
  uint64_t overflows_ = 0;
  uint64_t ended_ = 0;
};

}  // namespace navistore::bench
