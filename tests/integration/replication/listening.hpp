// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace navistore::test {

// A socket that reads requests, tells their heads and answers each with 503.
class Listening {
 public:
  Listening();
  ~Listening();
  Listening(const Listening &) = delete;
  Listening &operator=(const Listening &) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string next_head();  // waits for the next request
  void answer_waiting();    // whoever has called meanwhile

 private:
  std::string answer(int client) const;
  int listener_ = -1;
  uint16_t port_ = 0;
};

}  // namespace navistore::test
