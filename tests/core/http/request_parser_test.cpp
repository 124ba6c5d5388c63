// SPDX-License-Identifier: Apache-2.0
// Heads of requests: where they end, what is over a limit, and what they say.
#include "core/http/request_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace navistore::http;

namespace {

constexpr HeadLimits kLimits{10, 40, 3};

std::string shown(HeadScanner &scanner, HeadScanner::State state) {
  switch (state) {
    case HeadScanner::State::kIncomplete: return "incomplete";
    case HeadScanner::State::kComplete: return "complete " + std::to_string(scanner.consumed());
    case HeadScanner::State::kRefused: break;
  }
  return std::to_string(scanner.refusal().status) + " " + std::string(scanner.refusal().detail);
}

// The verdict on bytes, which must not depend on how they are cut.
std::string verdict(const std::string &bytes) {
  HeadScanner at_once(kLimits);
  const std::string whole = shown(at_once, at_once.scan(bytes));
  HeadScanner scanner(kLimits);
  HeadScanner::State state = HeadScanner::State::kIncomplete;
  size_t length = 0;
  while (state == HeadScanner::State::kIncomplete && length < bytes.size()) {
    state = scanner.scan(std::string_view(bytes).substr(0, ++length));
  }
  CHECK(shown(scanner, state) == whole);
  return whole;
}

std::string whole(const std::string &bytes) { return "complete " + std::to_string(bytes.size()); }

// What a head says, after another one was parsed into the same request.
std::string said(const std::string &head) {
  static const std::string kFull =
      "PUT /old?query HTTP/1.1\r\nHost: a\r\nX: y\r\nConnection: close\r\nExpect: 100-continue\r\n";
  Request request;
  HeadFacts facts;
  for (const char *body : {"Content-Length: 7\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
    const std::string before = kFull + body;
    CHECK(parse_head(before, {100, 1'000, 10}, request, facts) == nullptr);
    request.body = "old body";
    const Refusal *refusal = parse_head(head, {100, 1'000, 10}, request, facts);
    if (refusal != nullptr) {
      return std::to_string(refusal->status) + " " + std::string(refusal->detail);
    }
  }
  std::string text = std::to_string(static_cast<int>(request.method)) + " ";
  text.append(request.method_name).append(" ").append(request.path);
  if (request.query) text.append("?").append(*request.query);
  text += " 1." + std::to_string(request.minor_version);
  for (const Field &field : request.fields) {
    text.append(" ").append(field.name).append("=[").append(field.value).append("]");
  }
  if (request.content_length) text += " length " + std::to_string(*request.content_length);
  if (request.chunked) text += " chunked";
  if (!request.body.empty()) text += " body";
  if (facts.keep_alive) text += " keep";
  if (facts.expects_continue) text += " expects";
  return text;
}

}  // namespace

TEST_SUITE("core/http/request_parser") {
  TEST_CASE("head: the longest request line is that of the longest method and target") {
    const std::string line = std::string(32, 'M') + " /" + std::string(9, 'u') + " HTTP/1.1\r\n";
    const std::string head = line + "Host: a\r\n\r\n";
    CHECK(verdict(head) == whole(head));
    CHECK(verdict("\r\n" + head) == whole("\r\n" + head));
    CHECK(verdict(line) == "incomplete");
    CHECK(verdict("M" + line) == "414 the request target is over the limit");
    CHECK(verdict(std::string(line.size(), 'M')) == "incomplete");
    CHECK(verdict(std::string(line.size() + 1, 'M')) == "414 the request target is over the limit");
  }

  TEST_CASE("head: a target may be as long as the limit says, whatever else the line has") {
    for (const char *method : {"A", "GET", "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"}) {
      const std::string before = std::string(method) + " /" + std::string(9, 'u');
      const std::string behind = " HTTP/1.0\r\n\r\n";
      Request request;
      HeadFacts facts;
      CHECK(parse_head(before + behind, kLimits, request, facts) == nullptr);
      const Refusal *refusal = parse_head(before + "u" + behind, kLimits, request, facts);
      REQUIRE(refusal != nullptr);
      CHECK(refusal->status == 414);
    }
  }

  TEST_CASE("head: the fields may have as many bytes as the limit says, line ends included") {
    const std::string line = "GET / HTTP/1.1\r\n";
    const std::string field = "X: " + std::string(35, 'x') + "\r\n";
    REQUIRE(field.size() == kLimits.field_bytes);
    CHECK(verdict(line + field + "\r\n") == whole(line + field + "\r\n"));
    CHECK(verdict(line + "X" + field + "\r\n") == "431 the header fields are over the limit");
    CHECK(verdict(line + std::string(42, 'x')) == "incomplete");
    CHECK(verdict(line + std::string(43, 'x')) == "431 the header fields are over the limit");
  }

  TEST_CASE("head: there may be as many field lines as the limit says") {
    const std::string three = "GET / HTTP/1.1\r\nA: a\r\nB: b\r\nC: c\r\n";
    CHECK(verdict(three + "\r\n") == whole(three + "\r\n"));
    CHECK(verdict(three + "D: d") == "incomplete");
    CHECK(verdict(three + "D: d\r\n") == "431 too many header fields");
    CHECK(verdict(three + "D: d\n") == "400 a line does not end with CRLF");
  }

  TEST_CASE("head: each method is known by its name, in capitals") {
    const std::pair<std::string, Method> methods[] = {
        {"GET", Method::kGet},        {"HEAD", Method::kHead},     {"PUT", Method::kPut},
        {"POST", Method::kPost},      {"DELETE", Method::kDelete}, {"OPTIONS", Method::kOptions},
        {"PATCH", Method::kPatch},    {"BREW", Method::kOther},    {"get", Method::kOther},
        {"CONNECTS", Method::kOther}, {"A", Method::kOther},       {"TRACE", Method::kOther},
        {"PURGES", Method::kOther},   {"ABC", Method::kOther},     {"UNLOCKS", Method::kOther},
    };
    for (const auto &[name, method] : methods) {
      CHECK(said(name + " / HTTP/1.0\r\n\r\n") ==
            std::to_string(static_cast<int>(method)) + " " + name + " / 1.0");
    }
  }

  TEST_CASE("head: it says what it says, whatever another one said before") {
    CHECK(said("BREW /p HTTP/1.1\r\nHost: b\r\n\r\n") == "7 BREW /p 1.1 Host=[b] keep");
    CHECK(said("GET /p?q HTTP/1.0\r\nConnection: x, keep-alive\r\nExpect: 100-continue\r\n\r\n") ==
          "0 GET /p?q 1.0 Connection=[x, keep-alive] Expect=[100-continue] keep");
    CHECK(said("PUT /p? HTTP/1.9\r\nHost:\r\nA: \t b \t c \t \r\nContent-Length: 0\r\n\r\n") ==
          "2 PUT /p? 1.1 Host=[] A=[b \t c] Content-Length=[0] length 0 keep");
    CHECK(said("GET  HTTP/1.1\r\nHost: b\r\n\r\n") == "400 malformed request target");
    CHECK(said("GET HTTP/1.1\r\nHost: b\r\n\r\n") == "400 malformed request line");
  }

  TEST_CASE("head: nothing but one blank stands on either side of the target") {
    for (const char c : {'\t', '\v', '\r', '\0', '(', '/', '\x7F', '\xA0'}) {
      const std::string other(1, c);
      CHECK(said("GET" + other + "/ HTTP/1.1\r\nHost: a\r\n\r\n") == "400 malformed request line");
      CHECK(said("GET /" + other + "HTTP/1.1\r\nHost: a\r\n\r\n") == "400 malformed request line");
    }
    CHECK(said("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == "400 malformed request target");
    CHECK(said("GET /  HTTP/1.1\r\nHost: a\r\n\r\n") == "400 malformed request target");
  }

  TEST_CASE("head: a version is HTTP/, a digit, a point and a digit, and of the first only 1") {
    const auto version = [](const std::string &text) {
      const std::string what = said("GET / " + text + "\r\nHost: a\r\n\r\n");
      const std::string accepted = "0 GET / ";
      return what.substr(what.find(accepted) == 0 ? accepted.size() : 0, 3);
    };
    for (const char *digits : {"1.1", "1.2", "1.9"}) {
      CHECK(version(std::string("HTTP/") + digits) == "1.1");
    }
    CHECK(version("HTTP/1.0") == "1.0");
    for (const char *digits : {"0.9", "2.0", "9.9"}) {
      CHECK(version(std::string("HTTP/") + digits) == "505");
    }
    for (const char *other :
         {"1./", "1.:", "1.x", "/.1", ":.1", "x.1", "1,1", "1 1", "1.", "1.10"}) {
      CHECK(version(std::string("HTTP/") + other) == "400");
    }
    for (const char *other : {"http/1.1", "HTTP 1.1", "HTTQ/1.1", "HTTPS1.1", "1.1"}) {
      CHECK(version(other) == "400");
    }
  }
}
