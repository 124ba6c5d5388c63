// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as RFC 9110 and 9112 have it, over real sockets: bytes in, answers out. Each row is also
// sent byte by byte and cut in two at places of its own, and must get the same.
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

struct Row {
  std::string_view claim;
  std::string bytes;
  std::string_view statuses;  // of all answers; "" is none
};

std::string get(std::string_view fields) {
  return "GET /hello HTTP/1.1\r\n"s.append(fields).append("\r\n");
}

std::string put(std::string_view fields, std::string_view body) {
  return "PUT /echo HTTP/1.1\r\nHost: a\r\n"s.append(fields).append("\r\n").append(body);
}

std::string chunked(std::string_view body) { return put("Transfer-Encoding: chunked\r\n", body); }

// Appended to what must be refused: it is not interpreted.
const std::string kSmuggled = get("Host: smuggled\r\n");

void check(const TestServer &server, const std::vector<Row> &rows) {
  for (const Row &row : rows) {
    CAPTURE(row.claim);
    const std::string whole = server.ask(row.bytes);
    CHECK(statuses(whole) == row.statuses);
    RawClient bytewise = server.connect();
    for (const char c : row.bytes) bytewise.send({&c, 1});
    bytewise.half_close();
    CHECK(without_date(bytewise.receive_all()) == whole);
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
            {"two are not", "\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"1.0 needs no Host", "GET /hello HTTP/1.0\r\n\r\n" + kSmuggled, "200"},
            {"1.2 is spoken to as 1.1", "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n" + kSmuggled,
             "200 200"},
            {"2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n" + kSmuggled, "505"},
            {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
            {"0.9", "GET /hello\r\n\r\n", "400"},
            {"two blanks after the method", "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"two blanks after the target", "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"blank in the target", "GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"tab as separator", "GET\t/hello\tHTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"trailing blank", "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
            {"lower-case version", "GET /hello http/1.1\r\nHost: a\r\n\r\n", "400"},
            {"long version", "GET /hello HTTP/1.10\r\nHost: a\r\n\r\n", "400"},
            {"bare line feed", "GET /hello HTTP/1.1\nHost: a\r\n\r\n" + kSmuggled, "400"},
            {"bare carriage return", "GET /hello\rx HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"NUL", "GET /he\0llo HTTP/1.1\r\nHost: a\r\n\r\n"s, "400"},
            {"no token as method", "G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"no method", " /hello HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"unknown methods are the handler's", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"method of 33 bytes", std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
            {"fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
            {"raw UTF-8", "GET /h\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
            {"garbage", "\x16\x03\x01\x02\x00\x01\n"s, "400"},
            {"nothing", "", ""},
            {"cut in the request line", "GET /hel", ""},
            {"cut in the fields", "GET /hello HTTP/1.1\r\nHost: a\r\n", ""},
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
    CHECK(server.ask("OPTIONS http://b" + host).find("OPTIONS * []") != std::string::npos);
    check(server, {
                      {"asterisk but for OPTIONS", "GET *" + host, "400"},
                      {"no slash", "GET hello" + host, "400"},
                      {"other scheme", "GET ftp://a/b" + host, "400"},
                      {"no authority", "GET http:///b" + host, "400"},
                      {"user in the authority", "GET http://u@a/b" + host, "400"},
                      {"authority-form", "CONNECT a:80" + host, "501"},
                  });
  }

  TEST_CASE("rfc: header fields") {
    TestServer server;
    check(server, {
                      {"no Host", get(""), "400"},
                      {"two Hosts", get("Host: a\r\nHost: a\r\n") + kSmuggled, "400"},
                      {"empty Host", get("Host:\r\n"), "200"},
                      {"Host with a path", get("Host: a/b\r\n"), "400"},
                      {"Host with a blank", get("Host: a b\r\n"), "400"},
                      {"IPv6 Host", get("hOsT: [::1]:80\r\n"), "200"},
                      {"blank before the colon", get("Host : a\r\n"), "400"},
                      {"no colon", get("Host: a\r\nfoo\r\n") + kSmuggled, "400"},
                      {"no name", get("Host: a\r\n: foo\r\n"), "400"},
                      {"no token as name", get("Host: a\r\nf(o: x\r\n"), "400"},
                      {"obs-fold", get("Host: a\r\nX: a\r\n b\r\n") + kSmuggled, "400"},
                      {"obs-fold of the first line", get(" Host: a\r\n"), "400"},
                      {"bare carriage return", get("Host: a\r\nX: a\rb\r\n"), "400"},
                      {"bare line feed", get("Host: a\r\nX: a\nY: b\r\n") + kSmuggled, "400"},
                      {"NUL", get("Host: a\r\nX: a\0b\r\n"sv) + kSmuggled, "400"},
                      {"DEL", get("Host: a\r\nX: \x7F\r\n"), "400"},
                      {"obs-text", get("Host: a\r\nX: \xFF\r\n"), "200"},
                      {"tab", get("Host: a\r\nX: a\tb\r\n"), "200"},
                      {"empty value", get("Host: a\r\nX:\r\n"), "200"},
                      {"fields that mean nothing here",
                       get("Host: a\r\nAccept: *\r\nCookie: foo\r\n"), "200"},
                      {"unknown expectation", get("Host: a\r\nExpect: tea\r\n"), "417"},
                  });
    CHECK(server.ask("GET /fields HTTP/1.1\r\nHost: a\r\nX:  b \t \r\nx: c\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nHost=a\nX=b\nx=c\n");
  }

  TEST_CASE("rfc: bodies with a length") {
    TestServer server;
    check(
        server,
        {
            {"a body, then a request", put("Content-Length: 3\r\n", "abc") + kSmuggled, "200 200"},
            {"leading zeros", put("Content-Length: 003\r\n", "abc") + kSmuggled, "200 200"},
            {"empty", put("Content-Length: 0\r\n", "") + kSmuggled, "200 200"},
            {"none", put("", "") + kSmuggled, "200 200"},
            {"plus sign", put("Content-Length: +3\r\n", "abc") + kSmuggled, "400"},
            {"minus sign", put("Content-Length: -3\r\n", "abc") + kSmuggled, "400"},
            {"hexadecimal", put("Content-Length: 0x3\r\n", "abc") + kSmuggled, "400"},
            {"trailing letters", put("Content-Length: 3abc\r\n", "abc") + kSmuggled, "400"},
            {"no digits", put("Content-Length:\r\n", "abc") + kSmuggled, "400"},
            {"blank before the colon", put("Content-Length : 3\r\n", "abc") + kSmuggled, "400"},
            {"list", put("Content-Length: 3, 3\r\n", "abc") + kSmuggled, "400"},
            {"twice the same", put("Content-Length: 3\r\nContent-Length: 3\r\n", "abc") + kSmuggled,
             "400"},
            {"two", put("Content-Length: 3\r\nContent-Length: 4\r\n", "abc") + kSmuggled, "400"},
            {"more than 64 bits",
             put("Content-Length: 18446744073709551619\r\n", "abc") + kSmuggled, "400"},
            {"more than anybody has",
             put("Content-Length: 9999999999999999999\r\n", "abc") + kSmuggled, "413"},
            {"with Transfer-Encoding",
             put("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + kSmuggled,
             "400"},
            {"cut", put("Content-Length: 4\r\n", "abc"), ""},
        });
  }

  TEST_CASE("rfc: chunked bodies") {
    TestServer server;
    CHECK(server.ask(chunked("3\r\nabc\r\n02;x=\"y z\";w\r\nde\r\n0\r\nT: v\r\n\r\n"))
              .find("PUT /echo [abcde]") != std::string::npos);
    check(
        server,
        {
            {"then a request", chunked("3\r\nabc\r\n0\r\n\r\n") + kSmuggled, "200 200"},
            {"upper and lower case", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
             "200"},
            {"blank before an extension", chunked("3 ;x\r\nabc\r\n0\r\n\r\n"), "200"},
            {"coding in capitals", put("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), "200"},
            {"0x", chunked("0x3\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"plus sign", chunked("+3\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"leading blank", chunked(" 3\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"no size", chunked("\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"only an extension", chunked(";x\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"no digit", chunked("g\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"17 digits", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"bare line feed after the size", chunked("3\nabc\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"bare line feed after the data", chunked("3\r\nabc\n0\r\n\r\n") + kSmuggled, "400"},
            {"data too long", chunked("3\r\nabcd\r\n0\r\n\r\n") + kSmuggled, "400"},
            {"bare carriage return in an extension", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), "400"},
            {"NUL in an extension", chunked("3;a\0b\r\nabc\r\n0\r\n\r\n"sv) + kSmuggled, "400"},
            {"malformed trailer", chunked("0\r\nfoo\r\n\r\n") + kSmuggled, "400"},
            {"folded trailer", chunked("0\r\nT: v\r\n w\r\n\r\n") + kSmuggled, "400"},
            {"other coding", put("Transfer-Encoding: gzip\r\n", "") + kSmuggled, "501"},
            {"two codings", put("Transfer-Encoding: gzip, chunked\r\n", "") + kSmuggled, "501"},
            {"chunked twice", put("Transfer-Encoding: chunked, chunked\r\n", "") + kSmuggled,
             "400"},
            {"chunked in two lines",
             put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
             "400"},
            {"on HTTP/1.0", "PUT /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "400"},
            {"cut in the data", chunked("5\r\nabc"), ""},
            {"cut before the last line", chunked("3\r\nabc\r\n0\r\n"), ""},
        });
  }

  TEST_CASE("rfc: persistence") {
    TestServer server;
    check(
        server,
        {
            {"1.1 by default", get("Host: a\r\n") + get("Host: a\r\n"), "200 200"},
            {"1.1 close", get("Host: a\r\nConnection: Close\r\n") + kSmuggled, "200"},
            {"1.1 close in a list", get("Host: a\r\nConnection: x, close ,y\r\n") + kSmuggled,
             "200"},
            {"1.1 close in a second line",
             get("Host: a\r\nConnection: keep-alive\r\nConnection: close\r\n") + kSmuggled, "200"},
            {"1.0 by default", "GET /hello HTTP/1.0\r\n\r\n" + kSmuggled, "200"},
            {"1.0 keep-alive", "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + kSmuggled,
             "200 200"},
            {"the handler closes", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n" + kSmuggled, "200"},
            {"a handler that throws", "GET /throw HTTP/1.1\r\nHost: a\r\n\r\n" + kSmuggled, "500"},
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
          "HTTP/1.1 413 Content Too Large\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
          "value-too-large");
    RawClient streamed = server.connect();
    streamed.send("PUT /upload HTTP/1.1\r\nHost: a\r\n" + expect + "3\r\n\r\n");
    CHECK(streamed.receive_through("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(server.ask("PUT /echo HTTP/1.0\r\n" + expect + "3\r\n\r\nabc")
              .find("HTTP/1.1 200 OK\r\n") == 0);
  }
}
