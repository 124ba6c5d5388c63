// SPDX-License-Identifier: Apache-2.0
#include "tests/support/event_stream.hpp"

#include <utility>

namespace navistore::test {

EventStream::EventStream(uint16_t port, const std::string &target, std::vector<std::string> fields)
    : client_(port) {
  std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  fields.emplace_back("Accept: text/event-stream");
  for (const std::string &field : fields) request += field + "\r\n";
  if (client_.send(request + "\r\n")) head_ = client_.receive_head();
}

std::optional<std::string> EventStream::take_line() {
  size_t end = 0;
  while ((end = text_.find('\n', read_)) == std::string::npos) {
    auto chunk = client_.receive_chunk();
    if (!chunk) return std::nullopt;
    ended_cleanly_ = chunk->empty();
    if (ended_cleanly_) return std::nullopt;
    text_.erase(0, std::exchange(read_, 0));
    text_ += *chunk;
  }
  std::string line = text_.substr(read_, end - read_);
  read_ = end + 1;
  return line;
}

std::optional<StreamEvent> EventStream::next() {
  if (status() != 200) return std::nullopt;
  StreamEvent event;
  for (;;) {
    const auto line = take_line();
    if (!line) return std::nullopt;
    const size_t colon = line->find(": ");
    const std::string field = line->substr(0, colon);
    if (field == "id") event.id = line->substr(colon + 2);
    if (field == "event") event.name = line->substr(colon + 2);
    if (field == "data") event.data = line->substr(colon + 2);
    if (!line->empty()) continue;
    if (!event.id.empty()) last_id_ = event.id;
    if (!event.data.empty()) return event;
    event = {};
  }
}

}  // namespace navistore::test
