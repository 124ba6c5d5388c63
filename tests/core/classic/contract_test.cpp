// SPDX-License-Identifier: Apache-2.0
// What clients of the original rely on.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/classic/edited_way.hpp"
#include "tests/core/classic/served.hpp"
#include "tests/core/http/raw_client.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using navistore::classic::Options;
using navistore::classic::testing::EditedWay;
using navistore::classic::testing::Served;
namespace http = navistore::http;
namespace store = navistore::store;
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
    // Only reading them is special.
    {"PUT", "/listkeys", "8", "200 OK"},
    {"PUT", "/reset", "9", "200 OK"},
    {"GET", "/listkeys", "", R"(200 ["50%","bytes","deep","empty","listkeys","reset","x/y z"])"},
    {"DELETE", "/listkeys", "", "200 OK"},
    {"DELETE", "/reset", "", "200 OK"},
    {"GET", "/listkeys", "", R"(200 ["50%","bytes","deep","empty","x/y z"])"},
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
    CHECK(answer.find("Content-Type:") == answer.rfind("Content-Type:"));
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

TEST_CASE("contract: a list of more keys than one page names each once") {
  Served served(testing::memory_backend());
  std::string expected;
  for (int i = 0; i < 20'500; i += 500) {
    store::Transaction keys;
    for (int j = i; j < i + 500; ++j) {
      const std::string key = std::to_string(100'000 + j);
      keys.operations.push_back(testing::put(key, "v").operations.front());
      expected += (j == 0 ? "\"" : ",\"") + key + "\"";
    }
    testing::run(served.store(), std::move(keys));
  }
  CHECK(served.ask("GET", "/listkeys") == "200 [" + expected + "]");
}

TEST_CASE("contract: a list above 64 MiB is refused") {
  Served served(testing::memory_backend());
  for (int i = 0; i < 80; ++i) {
    store::Transaction keys;
    for (int j = 0; j < 1'000; ++j) {
      std::string key = std::to_string(i * 1'000 + j);
      key.resize(1'024, 'k');
      keys.operations.push_back(testing::put(key, "").operations.front());
    }
    REQUIRE(testing::run(served.store(), std::move(keys)).substr(0, 9) == "committed");
  }
  CHECK(served.ask("GET", "/listkeys") == "501 Capability missing");
}

TEST_CASE("contract: what a client sent stands escaped in a page, and no script of a value runs") {
  Served served(testing::memory_backend());
  const std::string script = "<script>&";
  const std::string refused = served.send(
      "PUT /_replication_slaves HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n" + script);
  CHECK(refused.find(script) == std::string::npos);
  CHECK(refused.find("'&lt;script&gt;&amp;'") != std::string::npos);
  REQUIRE(served.ask("PUT", "/a", script) == "200 OK");
  CHECK(line_of(served.send("GET /a HTTP/1.0\r\n\r\n"), "Content-Security-Policy") == "sandbox");
}

TEST_CASE("contract: a backend that fails is no missing key and no success") {
  testing::Trial trial(NAVI_CAP_PERSISTENT);
  Served served(testing::Trial::backend());
  REQUIRE(served.ask("PUT", "/a", "1") == "200 OK");
  {
    const navistore::Lock lock(trial.mutex);
    trial.open_status = NAVI_UNAVAILABLE;
    trial.next_status = NAVI_IO;
  }
  CHECK(served.ask("PUT", "/a", "2") == "503 Outcome unknown");
  for (const char *method : {"GET", "PUT", "DELETE"}) {
    CAPTURE(std::string(method));
    CHECK(served.ask(method, "/a") == "503 Backend unavailable");
  }
  CHECK(served.ask("GET", "/listkeys") == "503 Backend unavailable");
  CHECK(served.ask("GET", "/reset") == "503 Backend unavailable");
  CHECK(line_of(served.send("GET /a HTTP/1.0\r\n\r\n"), "Retry-After") == "1");
  const navistore::Lock lock(trial.mutex);
  trial.open_status = NAVI_OK;
}

TEST_CASE("contract: only who is on this machine may wipe the store, unless all may") {
  for (const Options::Reset reset : {Options::Reset::kLoopback, Options::Reset::kAllowed}) {
    Served served(testing::memory_backend(), {Options::Writes::kAccepted, reset});
    const EditedWay from_elsewhere(served.handler(),
                                   [](http::Request &request) { request.from_loopback = false; });
    REQUIRE(served.ask("PUT", "/a", "1") == "200 OK");
    http::testing::RawClient client(from_elsewhere.address());
    const std::string answer = client.send("GET /reset HTTP/1.0\r\n\r\n").receive_all();
    const bool allowed = reset == Options::Reset::kAllowed;
    CHECK(answer.substr(9, 3) == (allowed ? "200" : "403"));
    CHECK(served.ask("GET", "/a") == (allowed ? kMissing : "200 1"));
  }
}

TEST_CASE("contract: a page cannot make a browser wipe the store") {
  Served served(testing::memory_backend());
  REQUIRE(served.ask("PUT", "/a", "1") == "200 OK");
  CHECK(served.ask("GET", "/reset", "", {"Sec-Fetch-Site: cross-site"}) == "403 Forbidden");
  CHECK(served.ask("GET", "/reset", "", {"Origin: http://evil"}) == "403 Forbidden");
  CHECK(served.ask("GET", "/a") == "200 1");
  CHECK(served.ask("GET", "/reset", "", {"Sec-Fetch-Site: none"}) == "200 null");
  CHECK(served.ask("GET", "/reset", "", {"Sec-Fetch-Site: same-origin"}) == "200 null");
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

TEST_CASE("peers: a backend without changes has none, and says so") {
  testing::Trial trial(NAVI_CAP_PERSISTENT);
  Served served(testing::Trial::backend(testing::Trial::Offers::kStoreOnly));
  CHECK(served.ask("PUT", "/_replication_slaves", "http://127.0.0.1:1") ==
        "501 Capability missing");
  CHECK(served.ask("GET", "/_replication_slaves") == kMissing);
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
