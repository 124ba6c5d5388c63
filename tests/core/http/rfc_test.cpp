// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as RFC 9110 and 9112 have it, over real sockets: bytes in, answers out. Each row is
// followed by one more request, which is answered only where the connection stays, and is also cut
// in two at every place, and must get the same.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::string_view_literals;
using namespace std::string_literals;

namespace {

// What the server does after the answers of a row.
enum class Then { kStays, kCloses };

struct Row {
  std::string_view claim;
  std::string bytes;
  std::string statuses;  // of all answers
  Then then = Then::kStays;
};

constexpr Then kCloses = Then::kCloses;

std::string get(std::string_view fields) {
  return "GET /hello HTTP/1.1\r\n"s.append(fields).append("\r\n");
}

std::string put(std::string_view fields, std::string_view body) {
  return "PUT /echo HTTP/1.1\r\nHost: a\r\n"s.append(fields).append("\r\n").append(body);
}

std::string chunked(std::string_view body) { return put("Transfer-Encoding: chunked\r\n", body); }

// Sent behind each row.
const std::string kProbe = "GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// All that the server says to bytes until it closes by itself.
std::string answers(const TestServer &server, std::string_view bytes, size_t cut) {
  REQUIRE(becomes_true([&] { return server.counters().connections == 0; }));
  const uint64_t before = server.counters().bytes_in;
  RawClient client = server.connect();
  client.send(bytes.substr(0, cut));
  REQUIRE(becomes_true([&] { return server.counters().bytes_in >= before + cut; }));
  client.send(bytes.substr(cut));
  return without_date(client.receive_all());
}

void check(const TestServer &server, const Row &row) {
  CAPTURE(row.claim);
  const bool stays = row.then == Then::kStays;
  const std::string bytes = row.bytes + kProbe;
  const std::string whole = answers(server, bytes, 0);
  CHECK(statuses(whole) == row.statuses + (stays ? " 200" : ""));
  CHECK((whole.find("GET /probe []") != std::string::npos) == stays);
  REQUIRE((whole.back() != '!' && whole.back() != '.'));  // neither reset nor left open
  // A client that said close and goes on all the same may see a reset behind its answer.
  const bool rude = !stays && row.statuses == "200";
  for (size_t cut = 1; cut < row.bytes.size(); ++cut) {
    CAPTURE(cut);
    std::string pieces = answers(server, bytes, cut);
    if (rude && pieces.back() == '!') pieces.pop_back();
    REQUIRE(pieces == whole);
  }
}

void check(const TestServer &server, const std::vector<Row> &rows) {
  for (const Row &row : rows) check(server, row);
}

// Requests that end before they are whole get no answer.
void check_unanswered(const TestServer &server, const std::vector<std::string> &rows) {
  for (const std::string &row : rows) {
    CAPTURE(row);
    for (size_t length = 0; length <= row.size(); ++length) {
      CAPTURE(length);
      REQUIRE(server.ask(row.substr(0, length)).empty());
    }
  }
}

}  // namespace

TEST_SUITE("core/http/rfc") {
  TEST_CASE("rfc: request lines") {
    TestServer server;
    check(
        server,
        {
            {"1.1", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"one empty line before is skipped", "\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
             "200"},
            {"two are not", "\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"1.0 needs no Host", "GET /hello HTTP/1.0\r\n\r\n", "200", kCloses},
            {"1.2 is spoken to as 1.1", "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n", "200"},
            {"2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505", kCloses},
            {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", kCloses},
            {"0.9 in words", "GET /hello HTTP/0.9\r\n\r\n", "505", kCloses},
            {"0.9", "GET /hello\r\n\r\n", "400", kCloses},
            {"two blanks after the method", "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400",
             kCloses},
            {"two blanks after the target", "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n", "400",
             kCloses},
            {"blank in the target", "GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"tab as separator", "GET\t/hello\tHTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"trailing blank", "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n", "400", kCloses},
            {"lower-case version", "GET /hello http/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"long version", "GET /hello HTTP/1.10\r\nHost: a\r\n\r\n", "400", kCloses},
            {"bare line feed", "GET /hello HTTP/1.1\nHost: a\r\n\r\n", "400", kCloses},
            {"bare carriage return", "GET /hello\rx HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"NUL", "GET /he\0llo HTTP/1.1\r\nHost: a\r\n\r\n"s, "400", kCloses},
            {"no token as method", "G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"no method", " /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"unknown methods are the handler's", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"method of 32 bytes", std::string(32, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"method of 33 bytes", std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "501",
             kCloses},
            {"fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", "400", kCloses},
            {"raw UTF-8", "GET /h\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"garbage", "\x16\x03\x01\x02\x00\x01\n"s, "400", kCloses},
        });
  }

  TEST_CASE("rfc: targets") {
    TestServer server;
    const std::string host = " HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(server.ask("GET /a//b/../%2F?x?y" + host).find("GET /a//b/../%2F?x?y []") !=
          std::string::npos);
    CHECK(server.ask("GET http://b:80/p?q" + host).find("GET /p?q []") != std::string::npos);
    CHECK(server.ask("GET HTTPS://b" + host).find("GET / []") != std::string::npos);
    CHECK(server.ask("GET http://b?q" + host).find("GET /?q []") != std::string::npos);
    CHECK(server.ask("OPTIONS *" + host).find("OPTIONS * []") != std::string::npos);
    CHECK(server.ask("OPTIONS http://b?q" + host).find("OPTIONS /?q []") != std::string::npos);
    CHECK(server.ask("OPTIONS http://b" + host).find("OPTIONS * []") != std::string::npos);
    check(server, {
                      {"asterisk but for OPTIONS", "GET *" + host, "400", kCloses},
                      {"no slash", "GET hello" + host, "400", kCloses},
                      {"other scheme", "GET ftp://a/b" + host, "400", kCloses},
                      {"no authority", "GET http:///b" + host, "400", kCloses},
                      {"user in the authority", "GET http://u@a/b" + host, "400", kCloses},
                      {"authority-form", "CONNECT a:80" + host, "501", kCloses},
                  });
  }

  TEST_CASE("rfc: header fields") {
    TestServer server;
    check(server, {
                      {"no Host", get(""), "400", kCloses},
                      {"two Hosts", get("Host: a\r\nHost: a\r\n"), "400", kCloses},
                      {"empty Host", get("Host:\r\n"), "200"},
                      {"Host with a path", get("Host: a/b\r\n"), "400", kCloses},
                      {"Host with a blank", get("Host: a b\r\n"), "400", kCloses},
                      {"IPv6 Host", get("hOsT: [::1]:80\r\n"), "200"},
                      {"blank before the colon", get("Host : a\r\n"), "400", kCloses},
                      {"no colon", get("Host: a\r\nfoo\r\n"), "400", kCloses},
                      {"no name", get("Host: a\r\n: foo\r\n"), "400", kCloses},
                      {"no token as name", get("Host: a\r\nf(o: x\r\n"), "400", kCloses},
                      {"obs-fold", get("Host: a\r\nX: a\r\n b\r\n"), "400", kCloses},
                      {"obs-fold of the first line", get(" Host: a\r\n"), "400", kCloses},
                      {"bare carriage return", get("Host: a\r\nX: a\rb\r\n"), "400", kCloses},
                      {"bare carriage return before what would be a field",
                       get("Host: a\r\nX: a\rbY: c\r\n"), "400", kCloses},
                      {"bare line feed", get("Host: a\r\nX: a\nY: b\r\n"), "400", kCloses},
                      {"NUL", get("Host: a\r\nX: a\0b\r\n"sv), "400", kCloses},
                      {"DEL", get("Host: a\r\nX: \x7F\r\n"), "400", kCloses},
                      {"obs-text", get("Host: a\r\nX: \xFF\r\n"), "200"},
                      {"tab", get("Host: a\r\nX: a\tb\r\n"), "200"},
                      {"empty value", get("Host: a\r\nX:\r\n"), "200"},
                      {"fields that mean nothing here",
                       get("Host: a\r\nAccept: *\r\nCookie: foo\r\n"), "200"},
                      {"unknown expectation", get("Host: a\r\nExpect: tea\r\n"), "417", kCloses},
                  });
    CHECK(server.ask("GET /fields HTTP/1.1\r\nHost: a\r\nX:  b \t \r\nx: c\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nHost=a\nX=b\nx=c\n");
  }

  TEST_CASE("rfc: bodies with a length") {
    TestServer server;
    check(server,
          {
              {"a body", put("Content-Length: 3\r\n", "abc"), "200"},
              {"leading zeros", put("Content-Length: 003\r\n", "abc"), "200"},
              {"empty", put("Content-Length: 0\r\n", ""), "200"},
              {"none", put("", ""), "200"},
              {"plus sign", put("Content-Length: +3\r\n", "abc"), "400", kCloses},
              {"minus sign", put("Content-Length: -3\r\n", "abc"), "400", kCloses},
              {"hexadecimal", put("Content-Length: 0x3\r\n", "abc"), "400", kCloses},
              {"trailing letters", put("Content-Length: 3abc\r\n", "abc"), "400", kCloses},
              {"no digits", put("Content-Length:\r\n", "abc"), "400", kCloses},
              {"blank before the colon", put("Content-Length : 3\r\n", "abc"), "400", kCloses},
              {"list", put("Content-Length: 3, 3\r\n", "abc"), "400", kCloses},
              {"twice the same", put("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400",
               kCloses},
              {"two", put("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), "400", kCloses},
              {"more than 64 bits", put("Content-Length: 18446744073709551619\r\n", "abc"), "400",
               kCloses},
              {"more than anybody has", put("Content-Length: 9999999999999999999\r\n", "abc"),
               "413", kCloses},
              {"of a GET", "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "200"},
              {"with Transfer-Encoding behind it",
               put("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "400",
               kCloses},
              {"with Transfer-Encoding",
               put("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400",
               kCloses},
          });
  }

  TEST_CASE("rfc: chunked bodies") {
    TestServer server;
    CHECK(server.ask(chunked("3\r\nabc\r\n02;x=\"y z\";w\r\nde\r\n0\r\nT: v\r\n\r\n"))
              .find("PUT /echo [abcde]") != std::string::npos);
    check(
        server,
        {
            {"then a request", chunked("3\r\nabc\r\n0\r\n\r\n"), "200"},
            {"upper and lower case", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
             "200"},
            {"blanks around an extension", chunked("3 \t;x\r\nabc\r\n0 ; y \r\n\r\n"), "200"},
            {"blank without an extension", chunked("3 \r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"blank in the size", chunked("1 0\r\n0123456789abcdef\r\n0\r\n\r\n"), "400", kCloses},
            {"coding in capitals", put("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), "200"},
            {"0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"plus sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"leading blank", chunked(" 3\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"no size", chunked("\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"only an extension", chunked(";x\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"no digit", chunked("g\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"17 digits", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"bare line feed after the size", chunked("3\nabc\r\n0\r\n\r\n"), "400", kCloses},
            {"bare line feed after the data", chunked("3\r\nabc\n0\r\n\r\n"), "400", kCloses},
            {"data too long", chunked("3\r\nabcd\r\n0\r\n\r\n"), "400", kCloses},
            {"bare carriage return in an extension", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), "400",
             kCloses},
            {"NUL in an extension", chunked("3;a\0b\r\nabc\r\n0\r\n\r\n"sv), "400", kCloses},
            {"malformed trailer", chunked("0\r\nfoo\r\n\r\n"), "400", kCloses},
            {"folded trailer", chunked("0\r\nT: v\r\n w\r\n\r\n"), "400", kCloses},
            {"no coding", put("Transfer-Encoding:\r\n", "0\r\n\r\n"), "501", kCloses},
            {"identity", put("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), "501", kCloses},
            {"chunked with a parameter", put("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"),
             "400", kCloses},
            {"blank before its colon", put("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400",
             kCloses},
            {"other coding", put("Transfer-Encoding: gzip\r\n", ""), "501", kCloses},
            {"two codings", put("Transfer-Encoding: gzip, chunked\r\n", ""), "501", kCloses},
            {"chunked twice", put("Transfer-Encoding: chunked, chunked\r\n", ""), "400", kCloses},
            {"chunked in two lines",
             put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
             "400", kCloses},
            {"on HTTP/1.0", "PUT /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "400", kCloses},
        });
  }

  TEST_CASE(
      "rfc: a request that ends before it is whole is not answered, however much of it came") {
    TestServer server;
    check_unanswered(
        server, {"\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r", put("Content-Length: 4\r\n", "abc"),
                 chunked("5;x=\"y\"\r\nabcde\r\n0\r\nT: v\r\n\r")});
  }

  TEST_CASE("rfc: persistence") {
    TestServer server;
    check(
        server,
        {
            {"1.1 by default", get("Host: a\r\n") + get("Host: a\r\n"), "200 200"},
            {"1.1 close", get("Host: a\r\nConnection: Close\r\n"), "200", kCloses},
            {"1.1 close in a list", get("Host: a\r\nConnection: x, close ,y\r\n"), "200", kCloses},
            {"1.1 close in a second line",
             get("Host: a\r\nConnection: keep-alive\r\nConnection: close\r\n"), "200", kCloses},
            {"1.0 by default", "GET /hello HTTP/1.0\r\n\r\n", "200", kCloses},
            {"1.0 close and keep-alive",
             "GET /hello HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "200", kCloses},
            {"an option that is no token", get("Host: a\r\nConnection: a b\r\n"), "400", kCloses},
            {"1.0 keep-alive", "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "200"},
            {"the handler closes", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n", "200", kCloses},
            {"a handler that throws", "GET /throw HTTP/1.1\r\nHost: a\r\n\r\n", "500", kCloses},
        });
    CHECK(server.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello");
    CHECK(server.ask(get("Host: a\r\nConnection: close\r\n")) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  }

  TEST_CASE("rfc: answers without a body") {
    TestServer server;
    const std::string host = " HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(server.ask("HEAD /hello" + host + "GET /hello" + host) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(server.ask("GET /status?204" + host) == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(server.ask("GET /status?304" + host) == "HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK(server.ask("GET /status?299" + host) == "HTTP/1.1 299 \r\nContent-Length: 4\r\n\r\nbody");
    CHECK(server.ask("HEAD /status?404" + host) ==
          "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n");
  }

  TEST_CASE("rfc: Expect: 100-continue is answered at once, and refused before the body") {
    TestServer server;
    const std::string expect = "Expect: 100-Continue\r\nContent-Length: ";
    RawClient client = server.connect();
    client.send(put(expect + "3\r\n", ""));
    CHECK(client.receive_through("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    CHECK(client.receive_answer().find("PUT /echo [abc]") != std::string::npos);
    RawClient large = server.connect();
    large.send(put(expect + std::to_string(kMaxBody + 1) + "\r\n", ""));
    CHECK(without_date(large.receive_all()) ==
          "HTTP/1.1 413 Content Too Large\r\nContent-Length: 23\r\nConnection: close\r\n\r\n"
          "value-too-large 4194304");
    RawClient streamed = server.connect();
    streamed.send("PUT /upload HTTP/1.1\r\nHost: a\r\n" + expect + "3\r\n\r\n");
    CHECK(streamed.receive_through("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(server.ask("PUT /echo HTTP/1.0\r\n" + expect + "3\r\n\r\nabc")
              .find("HTTP/1.1 200 OK\r\n") == 0);
  }
}
