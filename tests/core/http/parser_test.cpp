// SPDX-License-Identifier: Apache-2.0
// Our parser beside Boost.Beast's: why ours is there, and that they agree where both accept.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/core/http/beast_oracle.hpp"

using namespace navistore::http::testing;

namespace {

std::string get(std::string_view fields) {
  return std::string("GET /a?b HTTP/1.1\r\n").append(fields).append("\r\n");
}

std::string verdicts(const std::string &head) {
  const Understood ours = understand_ours(head);
  const Understood theirs = BeastParser().understand(head);
  if (ours.accepted && theirs.accepted) return ours == theirs ? "same" : "different";
  if (ours.accepted || theirs.accepted) return ours.accepted ? "only ours" : "only Beast";
  return "refused";
}

}  // namespace

TEST_SUITE("core/http/parser") {
  TEST_CASE("parser: what both accept means the same to both") {
    CHECK(verdicts(get("Host: a\r\n")) == "same");
    CHECK(verdicts(get("Host: a\r\nX:  y z\t\r\nEmpty:\r\nx: w\r\n")) == "same");
    CHECK(verdicts(get("Host: a\r\nContent-Length: 12\r\nConnection: x, close\r\n")) == "same");
    CHECK(verdicts(get("Host: a\r\nTransfer-Encoding: chunked\r\n")) == "same");
    CHECK(verdicts("BREW http://a/b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == "same");
    CHECK(verdicts("DELETE /\xC3\xA9 HTTP/1.0\r\n\r\n") == "same");
  }

  TEST_CASE("parser: Beast accepts what RFC 9112 lets a server refuse, and this one must") {
    CHECK(verdicts(get("Host: a\r\nX: a\r\n b\r\n")) == "only Beast");  // obs-fold
    CHECK(verdicts(get("Host: a\r\nTransfer-Encoding: chunked, chunked\r\n")) == "only Beast");
    CHECK(verdicts("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == "only Beast");
    CHECK(verdicts("GET a HTTP/1.1\r\nHost: a\r\n\r\n") == "only Beast");
    CHECK(verdicts(get("Host: a\r\nHost: b\r\n")) == "only Beast");
  }

  TEST_CASE("parser: an option of the connection that is no token is refused") {
    CHECK(verdicts(get("Host: a\r\nConnection: , x,\t,y \r\n")) == "same");
    CHECK(verdicts(get("Host: a\r\nConnection: close, a=b\r\n")) == "refused");
    CHECK(verdicts(get("Host: a\r\nConnection: a b\r\n")) == "refused");
  }

  TEST_CASE("parser: where ours is more lenient, the RFC asks for it") {
    CHECK(verdicts("\r\n" + get("Host: a\r\n")) == "only ours");
    CHECK(verdicts("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == "only ours");
  }
}
