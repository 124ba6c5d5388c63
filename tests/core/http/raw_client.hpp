// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly what a test says, and shows exactly what came back.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tests/support/eventually.hpp"

namespace navistore::http::testing {

inline constexpr std::chrono::seconds kPatience{60};

class RawClient {
 public:
  // "127.0.0.1:80", "[::1]:80" or "unix:/path". Throws when there is no connection.
  explicit RawClient(const std::string &address, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient &&other) noexcept;
  RawClient &operator=(RawClient &&) = delete;

  int descriptor() const { return fd_; }
  RawClient &send(std::string_view bytes);
  // How much could be sent before the server took nothing for 200 ms.
  size_t send_until_full(std::string_view bytes);
  bool wait_readable(std::chrono::milliseconds limit) const;
  void half_close();
  void reset();  // RST instead of FIN

  // What came until the server closed ("!" is added for a reset), or the patience ran out ("...").
  std::string receive_all();
  // At least size bytes, fewer when the server closed.
  std::string receive(size_t size);
  // Through the first occurrence of mark.
  std::string receive_through(std::string_view mark);
  // One whole answer with Content-Length.
  std::string receive_answer();

 private:
  bool more();  // false: closed, reset or out of patience
  std::string take(size_t size);

  int fd_;
  std::string buffer_;
  std::string_view ending_;
};

// True as soon as condition() is; false when the patience runs out.
template <class Condition>
bool becomes_true(const Condition &condition) {
  return test::eventually(condition, kPatience);
}

}  // namespace navistore::http::testing
