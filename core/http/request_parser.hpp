// SPDX-License-Identifier: Apache-2.0
// The head of a request, from bytes (RFC 9112 2 to 5). Strict: what two readers could understand
// differently is refused, so that nothing can be smuggled past a proxy. Knows no socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/http/message.hpp"

namespace navistore::http {

struct HeadLimits {
  size_t uri_bytes;
  size_t field_bytes;  // all field lines with their line ends
  size_t field_lines;
};

// Finds the end of a head, looking at each byte once however it is cut. What it says depends on
// the bytes alone, never on the cuts.
class HeadScanner {
 public:
  enum class State { kIncomplete, kComplete, kRefused };

  explicit HeadScanner(const HeadLimits &limits) : limits_(limits) {}

  // bytes: the message from its first byte on, with what came since the last call at its end.
  State scan(std::string_view bytes);
  // kComplete: from the request line to the empty line, both included.
  std::string_view head(std::string_view bytes) const {
    return bytes.substr(start_, end_ - start_);
  }
  size_t consumed() const { return end_; }              // kComplete
  const Refusal &refusal() const { return *refusal_; }  // kRefused
  void reset();

 private:
  const Refusal *over_limit(size_t end) const;

  const HeadLimits &limits_;
  size_t start_ = 0;   // of the request line: an empty line before it is skipped (RFC 9112 2.2)
  size_t line_ = 0;    // start of the current line
  size_t fields_ = 0;  // start of the first field line
  size_t scanned_ = 0;
  size_t lines_ = 0;
  size_t end_ = 0;
  const Refusal *refusal_ = nullptr;
};

// A refusal of the scanner or the parser, with the limit that was passed where it is about one.
Refusal with_limit(const Refusal &refusal, const HeadLimits &limits);

// What the head says about the connection, beside what the Request says.
struct HeadFacts {
  bool keep_alive = true;
  bool expects_continue = false;
};

// Parses a complete head into request, whose strings then point into head. body is emptied and
// from_loopback left alone. Returns why the request is refused, or nullptr.
const Refusal *parse_head(std::string_view head, const HeadLimits &limits, Request &request,
                          HeadFacts &facts);

}  // namespace navistore::http
