// SPDX-License-Identifier: Apache-2.0
// Many clients in a process of their own, so that neither their descriptors nor their memory count
// as the server's.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace navistore::http::testing {

class Crowd {
 public:
  Crowd();  // forks: to be created before the test starts a thread
  ~Crowd();
  Crowd(const Crowd &) = delete;
  Crowd &operator=(const Crowd &) = delete;

  // All members return how many clients it is true of.
  size_t connect(const std::string &address, size_t count);  // so many more; each is connected
  size_t send(std::string_view bytes);                       // each sent them
  size_t receive(size_t bytes);  // each received so many, before its connection ended
  size_t leave();                // each went away

 private:
  size_t command(char order, size_t number, std::string_view text);

  pid_t child_ = -1;
  int socket_ = -1;
};

}  // namespace navistore::http::testing
