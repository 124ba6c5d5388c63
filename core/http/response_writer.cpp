// SPDX-License-Identifier: Apache-2.0
#include "core/http/response_writer.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "core/text_writer.hpp"

namespace navistore::http {
namespace {

struct StatusLine {
  int status;
  std::string_view line;
};

// RFC 9110 15, as far as a server of ours answers; any other status has an empty reason.
constexpr StatusLine kStatusLines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {206, "HTTP/1.1 206 Partial Content\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {411, "HTTP/1.1 411 Length Required\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {428, "HTTP/1.1 428 Precondition Required\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
    {507, "HTTP/1.1 507 Insufficient Storage\r\n"},
};

void append_number(std::string &out, uint64_t number, int base) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, base).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

void append_status_line(std::string &out, int status) {
  for (const StatusLine &known : kStatusLines) {
    if (known.status == status) {
      out.append(known.line);
      return;
    }
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<uint64_t>(status), 10);
  out.append(" \r\n");
}

// 1xx and 204 carry no Content-Length at all (RFC 9110 8.6); 304 and HEAD the length that the body
// would have, where it is known.
void write_length(TextWriter &out, const Response &response, const AnswerRules &rules) {
  const int status = response.status;
  if (status < 200 || status == 204) return;
  uint64_t length = response.content().size();
  if (status == 304) {
    if (!response.head_length) return;
    length = *response.head_length;
  } else if (rules.method == Method::kHead) {
    if (response.length == Response::Length::kUnknown) return;
    length = response.head_length.value_or(length);
  }
  out.text("Content-Length: ").decimal(length).text("\r\n");
}

}  // namespace

bool has_body(Method method, int status) {
  return method != Method::kHead && status >= 200 && status != 204 && status != 304;
}

void write_head(std::string &out, const Response &response, const AnswerRules &rules,
                BodyFraming framing, std::string_view date) {
  append_status_line(out, response.status);
  out.append(date);
  out.append(response.fields);
  std::array<char, 128> room;
  TextWriter end(room);
  if (framing == BodyFraming::kLength) write_length(end, response, rules);
  if (framing == BodyFraming::kChunked) end.text("Transfer-Encoding: chunked\r\n");
  if (!rules.keep_alive) {
    end.text("Connection: close\r\n");
  } else if (rules.minor_version == 0) {
    end.text("Connection: keep-alive\r\n");
  }
  out.append(end.text("\r\n").written());
}

void write_chunk_size(std::string &out, size_t size) {
  append_number(out, size, 16);
  out.append("\r\n");
}

std::string date_line(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text;  // the C locale is never changed
  const size_t length =
      std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return {text.data(), length};
}

}  // namespace navistore::http
