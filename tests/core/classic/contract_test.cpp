// SPDX-License-Identifier: Apache-2.0
// What clients of the original rely on.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/classic/served.hpp"

using navistore::classic::Options;
using navistore::classic::testing::Served;
namespace testing = navistore::store::testing;

namespace {

struct Row {
  const char *method;
  const char *target;
  std::string body;
  std::string answer;
};

const std::string kMissing = "404 No Such Resource";

const std::vector<Row> kContract = {
    {"GET", "/a", "", kMissing},
    {"HEAD", "/a", "", "404 "},
    {"DELETE", "/a", "", kMissing},
    {"PUT", "/a", "1", "200 OK"},
    {"GET", "/a", "", "200 1"},
    {"HEAD", "/a", "", "200 "},
    {"PUT", "/a", "two", "200 OK"},
    {"GET", "/a", "", "200 two"},
    {"PUT", "/empty", "", "200 OK"},
    {"GET", "/empty", "", "200 "},
    {"PUT", "/bytes", std::string("\0\xff\r\n", 4), "200 OK"},
    {"GET", "/bytes", "", "200 " + std::string("\0\xff\r\n", 4)},
    // The first segment is the key; what follows it does not count.
    {"GET", "/a/b/c?d=e", "", "200 two"},
    {"PUT", "/deep/er", "3", "200 OK"},
    {"GET", "/deep", "", "200 3"},
    {"PUT", "/x%2Fy%20z", "4", "200 OK"},
    {"GET", "/x%2fy%20z", "", "200 4"},
    {"PUT", "/50%", "5", "200 OK"},
    {"GET", "/50%25", "", "200 5"},
    {"GET", "/listkeys", "", R"(200 ["50%","a","bytes","deep","empty","x/y z"])"},
    {"PUT", "/%FF", "6", "200 OK"},
    {"GET", "/listkeys", "", R"(200 ["50%","a","bytes","deep","empty","x/y z","%FF"])"},
    {"DELETE", "/%FF", "", "200 OK"},
    {"DELETE", "/a", "", "200 OK"},
    {"GET", "/a", "", kMissing},
    {"POST", "/empty", "x", "405 Method Not Allowed"},
    {"PATCH", "/empty", "x", "501 Method Not Implemented"},
    {"OPTIONS", "/empty", "", "501 Method Not Implemented"},
    {"GET", "/", "", kMissing},
    {"PUT", "/", "1", "400 Empty Key"},
    {"HEAD", "/reset", "", "405 "},
    {"GET", "/empty", "", "200 "},
    {"GET", "/reset", "", "200 null"},
    {"GET", "/listkeys", "", "200 []"},
    {"GET", "/v1/kv/a", "", kMissing},
    {"PUT", "/v1", "7", "200 OK"},
    {"GET", "/v1", "", "200 7"},
};

std::string line_of(const std::string &answer, const std::string &name) {
  const size_t start = answer.find("\r\n" + name + ": ");
  if (start == std::string::npos) return "none";
  const size_t from = start + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}

}  // namespace

TEST_SUITE_BEGIN("core/classic");

TEST_CASE("contract: what the original answered, on both backends") {
  for (const auto &backend : {testing::memory_backend(), testing::sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    for (const Row &row : kContract) {
      CAPTURE(row.method);
      CAPTURE(row.target);
      CHECK(served.ask(row.method, row.target, row.body) == row.answer);
    }
  }
}

TEST_CASE("contract: every answer is text/html of a known length") {
  Served served(testing::memory_backend());
  for (const char *head :
       {"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nred", "GET /a HTTP/1.0\r\n\r\n",
        "GET /b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /listkeys HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.0\r\n\r\n", "DELETE /b HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n"}) {
    CAPTURE(head);
    const std::string answer = served.send(head);
    const size_t body = answer.find("\r\n\r\n") + 4;
    CHECK(line_of(answer, "Content-Type") == "text/html");
    CHECK(line_of(answer, "Content-Length") == std::to_string(answer.size() - body));
  }
  const std::string head = served.send("HEAD /a HTTP/1.0\r\n\r\n");
  CHECK(line_of(head, "Content-Length") == "3");
  CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
  const std::string post = served.send("POST /a HTTP/1.0\r\n\r\n");
  CHECK(line_of(post, "Allow") == "GET, HEAD, PUT, DELETE");
}

TEST_CASE("contract: a value has any bytes up to the limit, and comes in any framing") {
  Served served(testing::memory_backend());
  const std::string longest(1024 * 1024, 'x');
  CHECK(served.ask("PUT", "/a", longest) == "200 OK");
  CHECK(served.ask("GET", "/a") == "200 " + longest);
  CHECK(served.ask("PUT", "/a", longest + "x") == "413 value-too-large");
  CHECK(served
            .send("PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nre\r\n1\r\nd\r\n0\r\n\r\n")
            .substr(0, 15) == "HTTP/1.1 200 OK");
  CHECK(served.ask("GET", "/c") == "200 red");
  CHECK(served.ask("PUT", "/" + std::string(1'024, 'k'), "1") == "200 OK");
  CHECK(served.ask("PUT", "/" + std::string(1'025, 'k'), "1") == "414 Key Too Long");
}

TEST_CASE("contract: a page cannot make a browser wipe the store") {
  Served served(testing::memory_backend());
  REQUIRE(served.ask("PUT", "/a", "1") == "200 OK");
  CHECK(served.ask("GET", "/reset", "", {"Sec-Fetch-Site: cross-site"}) == "403 Forbidden");
  CHECK(served.ask("GET", "/reset", "", {"Origin: http://evil"}) == "403 Forbidden");
  CHECK(served.ask("GET", "/a") == "200 1");
  CHECK(served.ask("GET", "/reset", "", {"Sec-Fetch-Site: none"}) == "200 null");
  Served open(testing::memory_backend(), {Options::Writes::kAccepted, Options::Reset::kAllowed});
  CHECK(open.ask("GET", "/reset", "", {"Sec-Fetch-Site: cross-site"}) == "200 null");
}

TEST_CASE("contract: a read-only server refuses what clients write") {
  Served served(testing::memory_backend(), {Options::Writes::kRefused, {}});
  CHECK(served.ask("PUT", "/a", "1") == "503 Read-only");
  CHECK(served.ask("DELETE", "/a") == "503 Read-only");
  CHECK(served.ask("GET", "/reset") == "503 Read-only");
  CHECK(served.ask("GET", "/a") == kMissing);
}

TEST_CASE("peers: the list is read, set and ended like a value, and is no key") {
  Served served(testing::memory_backend());
  const std::string peers = "/_replication_slaves";
  CHECK(served.ask("GET", peers) == kMissing);
  CHECK(served.ask("DELETE", peers) == kMissing);
  CHECK(served.ask("PUT", peers, "localhost:8889") == "400 Bad Request");
  CHECK(served.ask("PUT", peers, "http://127.0.0.1:1, http://127.0.0.1:2/,,") == "200 OK");
  CHECK(served.ask("GET", peers) == "200 http://127.0.0.1:1,http://127.0.0.1:2");
  CHECK(served.ask("GET", "/listkeys") == "200 []");
  CHECK(served.ask("DELETE", peers) == "200 OK");
  CHECK(served.ask("GET", peers) == kMissing);
  CHECK(served.ask("PUT", peers, "http://127.0.0.1:1") == "200 OK");
  CHECK(served.ask("GET", "/reset") == "200 null");
  CHECK(served.ask("GET", peers) == kMissing);
}

TEST_SUITE_END();
