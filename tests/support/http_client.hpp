// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP/1.1 client over one connection, enough to test with: no retries, no redirects.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace navistore::test {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case; the last of each
  std::string body;
};

class HttpClient {
 public:
  // Connects to 127.0.0.1:port; throws std::runtime_error when nobody listens.
  explicit HttpClient(uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient &) = delete;
  HttpClient &operator=(const HttpClient &) = delete;

  // Nothing: the connection ended before the whole answer was there.
  std::optional<HttpAnswer> request(std::string_view method, std::string_view target,
                                    std::string_view body = {},
                                    const std::vector<std::string> &fields = {});
  // The two halves, for pipelining and for bytes that are no request.
  bool send(std::string_view bytes);
  std::optional<HttpAnswer> receive(bool body_follows = true);
  // A streamed answer: its status and fields, then its chunks as they come; an empty one ends it.
  std::optional<HttpAnswer> receive_head();
  std::optional<std::string> receive_chunk();
  // Makes a receive() of another thread find the end.
  void shut_down() const;
  // What is left until the server closes.
  std::string receive_all();

 private:
  bool fill();
  std::optional<std::string> take_line();
  std::optional<std::string> take_bytes(size_t count);
  std::optional<std::string> take_chunks();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace navistore::test
