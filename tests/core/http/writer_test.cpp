// SPDX-License-Identifier: Apache-2.0
// Heads of answers, to the byte.
#include "core/http/response_writer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace navistore::http;
using namespace std::string_literals;

namespace {

constexpr std::string_view kDate = "Date: D\r\n";

std::string head_of(int status, const AnswerRules &rules, BodyFraming framing) {
  Response response;
  response.status = status;
  response.body = "body";
  std::string out;
  write_head(out, response, rules, framing, kDate);
  return out;
}

}  // namespace

TEST_SUITE("core/http/writer") {
  TEST_CASE("writer: the framing of each kind of answer") {
    struct Row {
      int status;
      AnswerRules rules;
      BodyFraming framing;
      std::string head;
    };
    const Row rows[] = {
        {200,
         {Method::kGet, 1, true},
         BodyFraming::kLength,
         "200 OK\r\nDate: D\r\nContent-Length: 4\r\n\r\n"},
        {200,
         {Method::kHead, 1, true},
         BodyFraming::kLength,
         "200 OK\r\nDate: D\r\nContent-Length: 4\r\n\r\n"},
        {204, {Method::kGet, 1, true}, BodyFraming::kLength, "204 No Content\r\nDate: D\r\n\r\n"},
        {103, {Method::kGet, 1, true}, BodyFraming::kLength, "103 \r\nDate: D\r\n\r\n"},
        {304, {Method::kGet, 1, true}, BodyFraming::kLength, "304 Not Modified\r\nDate: D\r\n\r\n"},
        {200,
         {Method::kGet, 1, true},
         BodyFraming::kChunked,
         "200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {200,
         {Method::kGet, 1, false},
         BodyFraming::kLength,
         "200 OK\r\nDate: D\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"},
        {200,
         {Method::kGet, 0, true},
         BodyFraming::kLength,
         "200 OK\r\nDate: D\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\n"},
        {200,
         {Method::kGet, 0, false},
         BodyFraming::kUntilClose,
         "200 OK\r\nDate: D\r\nConnection: close\r\n\r\n"},
        {599,
         {Method::kGet, 1, true},
         BodyFraming::kLength,
         "599 \r\nDate: D\r\nContent-Length: 4\r\n\r\n"},
    };
    for (const Row &row : rows) {
      CAPTURE(row.head);
      CHECK(head_of(row.status, row.rules, row.framing) == "HTTP/1.1 " + row.head);
    }
  }

  TEST_CASE("writer: lengths that the handler knows, of bodies that it did not make") {
    Response response;
    response.head_length = 1'000'000;
    for (const int status : {200, 304}) {
      CAPTURE(status);
      response.status = status;
      std::string out;
      write_head(out, response, {Method::kHead, 1, true}, BodyFraming::kLength, kDate);
      CHECK(out.find("\r\nContent-Length: 1000000\r\n\r\n") != std::string::npos);
    }
  }

  TEST_CASE("writer: HEAD of what GET would stream has no length, GET of it has its own") {
    Response response;
    response.length = Response::Length::kUnknown;
    response.head_length = 7;
    response.body = "body";
    std::string head;
    write_head(head, response, {Method::kHead, 1, true}, BodyFraming::kLength, kDate);
    CHECK(head == "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n");
    std::string get;
    write_head(get, response, {Method::kGet, 1, true}, BodyFraming::kLength, kDate);
    CHECK(get == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 4\r\n\r\n");
  }

  TEST_CASE("writer: which answers have a body") {
    std::string with;
    for (const int status : {100, 103, 199, 200, 201, 204, 299, 304, 404, 500}) {
      if (has_body(Method::kGet, status)) with += std::to_string(status) + " ";
      CHECK_FALSE(has_body(Method::kHead, status));
    }
    CHECK(with == "200 201 299 404 500 ");
  }

  TEST_CASE("writer: a value cannot begin another field or answer") {
    Response response;
    response.field("X", "a\r\nSet-Cookie: b\r\n\r\nHTTP/1.1 200 OK"s).field("Y", "\0"s);
    CHECK(response.fields == "X: a  Set-Cookie: b    HTTP/1.1 200 OK\r\nY:  \r\n");
  }

  TEST_CASE("writer: dates") {
    CHECK(date_line(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CHECK(date_line(951782400) == "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
  }
}
