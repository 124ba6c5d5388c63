// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace navistore::test {

// A TCP proxy on 127.0.0.1 that can be cut like a cable and led somewhere else.
class CutProxy {
 public:
  explicit CutProxy(uint16_t target);
  ~CutProxy();
  CutProxy(const CutProxy &) = delete;
  CutProxy &operator=(const CutProxy &) = delete;

  uint16_t port() const { return port_; }
  void cut();    // ends every connection, and new ones at once
  void stall();  // nothing passes and nothing ends, as where packets are dropped
  void mend();   // new connections go through again, and what was stalled
  void lead_to(uint16_t target) { target_ = target; }  // new connections

 private:
  void run();
  void accept_one();
  bool pump(int from, int to) const;
  void close_all();

  int listener_ = -1;
  int wake_ = -1;
  uint16_t port_ = 0;
  std::atomic<uint16_t> target_;
  std::atomic<bool> cut_{false};
  std::atomic<bool> stalled_{false};
  std::atomic<bool> stopping_{false};
  std::vector<std::pair<int, int>> links_;  // the thread's own
  std::thread thread_;
};

}  // namespace navistore::test
