// SPDX-License-Identifier: Apache-2.0
// The head of an answer, to bytes (RFC 9112 4, 6). Knows no socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/message.hpp"

namespace navistore::http {

// What the request demands of its answer.
struct AnswerRules {
  Method method = Method::kGet;
  int minor_version = 1;
  bool keep_alive = true;
};

enum class BodyFraming : uint8_t { kLength, kChunked, kUntilClose };

// HEAD, 1xx, 204 and 304 have no body whatever their fields say (RFC 9112 6.3).
bool has_body(Method method, int status);

// Appends status line, date (a whole "Date: ...\r\n" line), the answer's fields, framing,
// Connection where it is not the version's default, and the empty line.
void write_head(std::string &out, const Response &response, const AnswerRules &rules,
                BodyFraming framing, std::string_view date);

// Appends the line before the data of a chunk; the data is to be followed by CRLF. size > 0.
void write_chunk_size(std::string &out, size_t size);

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" for a time in seconds since 1970.
std::string date_line(int64_t seconds);

}  // namespace navistore::http
