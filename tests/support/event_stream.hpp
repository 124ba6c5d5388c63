// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/http_client.hpp"

namespace navistore::test {

struct StreamEvent {
  std::string name;  // "put", "delete", "progress" ...
  std::string data;  // JSON
  std::string id;    // empty: a watch cannot be resumed behind it
};

// A reader of server-sent events, as a browser reads them (HTML 9.2), over one connection.
class EventStream {
 public:
  // Connects to 127.0.0.1:port and asks; throws std::runtime_error when nobody listens.
  EventStream(uint16_t port, const std::string &target, std::vector<std::string> fields = {});

  // Of the answer; 0: the connection ended before.
  int status() const { return head_ ? head_->status : 0; }
  const std::optional<HttpAnswer> &head() const { return head_; }
  // The next event; nothing: the stream is over.
  std::optional<StreamEvent> next();
  // The id to resume with.
  const std::string &last_id() const { return last_id_; }
  // Over, and ended by the server with its last chunk.
  bool ended_cleanly() const { return ended_cleanly_; }
  // Makes next() of another thread return nothing.
  void disconnect() const { client_.shut_down(); }

 private:
  std::optional<std::string> take_line();

  HttpClient client_;
  std::optional<HttpAnswer> head_;
  std::string text_;
  size_t read_ = 0;  // of text_
  std::string last_id_;
  bool ended_cleanly_ = false;
};

}  // namespace navistore::test
