// SPDX-License-Identifier: Apache-2.0
// The same service behind real sockets.
#include <doctest/doctest.h>

#include <ctime>

#include "tests/core/api/served.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::http::testing::RawClient;
using navistore::store::testing::Trial;
using testing::brief;
using testing::request;
using testing::Served;

TEST_SUITE_BEGIN("core/api");

TEST_CASE("server: put, get, head, delete over one connection, on both backends") {
  for (const auto &backend :
       {navistore::store::testing::memory_backend(), navistore::store::testing::sqlite_backend()}) {
    CAPTURE(backend.id);
    const Served served(backend);
    RawClient client = served.connect();
    client.send(request("PUT /v1/kv/a%2Fb", "", "red"));
    CHECK(brief(client.receive_answer()).substr(0, 3) == "201");
    client.send(request("GET /v1/kv/a/b", "", ""));
    CHECK(brief(client.receive_answer()) == "200 red");
    client.send(request("GET /v1/kv?as=json", "", ""));
    CHECK(brief(client.receive_answer()) == "200 {\"a\":{\"b\":\"red\"}}\n");
    client.send(request("DELETE /v1/kv/a/b", "", ""));
    CHECK(brief(client.receive_answer()).substr(0, 15) == "200 {\"deleted\":");
    client.send(request("GET /v1/kv/a/b", "", ""));
    CHECK(brief(client.receive_answer()).substr(0, 3) == "404");
  }
}

// Seconds since 1970.
std::time_t date_in(const std::string &answer, const std::string &field) {
  std::tm time{};
  const size_t at = answer.find("\r\n" + field + ": ");
  REQUIRE(at != std::string::npos);
  const char *text = answer.c_str() + at + field.size() + 4;
  REQUIRE(::strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &time) != nullptr);
  return ::timegm(&time);
}

TEST_CASE("server: no item was modified later than its answer's Date says") {
  const Served served(navistore::store::testing::memory_backend());
  RawClient client = served.connect();
  std::time_t first = 0;
  std::time_t date = 0;
  do {
    client.send(request("PUT /v1/kv/a", "", "red"));
    CHECK(brief(client.receive_answer()).substr(0, 1) == "2");
    client.send(request("GET /v1/kv/a", "", ""));
    const std::string answer = client.receive_answer();
    date = date_in(answer, "Date");
    if (first == 0) first = date;
    REQUIRE(date_in(answer, "Last-Modified") <= date);
  } while (date < first + 2);
}

TEST_CASE("server: a blocking read is answered by another connection's write") {
  const Served served(navistore::store::testing::sqlite_backend());
  RawClient reader = served.connect();
  reader.send(request("GET /v1/kv/a", "Prefer: wait=60\r\n", ""));
  RawClient writer = served.connect();
  writer.send(request("PUT /v1/kv/a", "", "now"));
  CHECK(brief(writer.receive_answer()).substr(0, 3) == "201");
  CHECK(brief(reader.receive_answer()) == "200 now");
}

TEST_CASE("server: a value over the limit and a broken request are problems too") {
  const Served served(navistore::store::testing::memory_backend());
  RawClient large = served.connect();
  large.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
  const std::string refused = large.receive_answer();
  CHECK(refused.find("413") == 9);
  CHECK(refused.find("urn:navistore:problem:value-too-large") != std::string::npos);
  CHECK(refused.find("\"limit\":1048576") != std::string::npos);
  RawClient broken = served.connect();
  broken.send("GET /v1/kv/a HTTP/1.1\r\n\r\n");
  CHECK(broken.receive_answer().find("urn:navistore:problem:bad-request") != std::string::npos);
}

TEST_CASE("server: a refusal carries the id of its request, and its type's own title") {
  const Served served(navistore::store::testing::memory_backend());
  const std::string put = "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n";
  struct Row {
    std::string sent, title;
  };
  const Row rows[] = {
      {put + "Content-Length: 1048577\r\n\r\n", "Value too large"},
      {put + "Transfer-Encoding: chunked\r\n\r\nz\r\n", "Bad request"},
      {put + "Content-Length: x\r\n\r\n", "Bad request"},
      {put + "Expect: a miracle\r\nContent-Length: 1\r\n\r\n", "Expectation failed"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.sent);
    RawClient client = served.connect();
    client.send(row.sent);
    const std::string answer = client.receive_answer();
    CHECK(answer.find("\r\nX-Request-Id: mine\r\n") != std::string::npos);
    CHECK(answer.find("\"request_id\":\"mine\"") != std::string::npos);
    CHECK(answer.find("\"title\":\"" + row.title + "\"") != std::string::npos);
  }
}

TEST_CASE("server: a body that finds no room beside those that are coming is told to come again") {
  navistore::http::ServerOptions options;
  options.max_gathered_bytes = 1000;
  const Served served(navistore::store::testing::memory_backend(), {}, {}, options);
  RawClient slow = served.connect();
  slow.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nred");
  const auto receiving = [&] { return served.server->counters().gathered_bytes == 3; };
  REQUIRE(navistore::http::testing::becomes_true(receiving));
  RawClient large = served.connect();
  large.send("PUT /v1/kv/b HTTP/1.1\r\nHost: x\r\nContent-Length: 998\r\n\r\n");
  const std::string refused = large.receive_answer();
  CHECK(refused.find("503") == 9);
  CHECK(refused.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(refused.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(refused.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(refused.find("{\"type\":\"urn:navistore:problem:overloaded\"") != std::string::npos);
  CHECK(refused.find("\"retryable\":true") != std::string::npos);
}

TEST_CASE("server: HEAD gives no length where GET streams") {
  const Served served(navistore::store::testing::memory_backend());
  RawClient client = served.connect();
  for (const std::string line : {"HEAD /v1/kv", "HEAD /v1/watch"}) {
    CAPTURE(line);
    client.send(line + " HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n");
    const std::string head = client.receive_through("\r\n\r\n");
    CHECK(head.substr(9, 3) == "200");
    CHECK(head.find("Content-Length") == std::string::npos);
  }
}

TEST_CASE("server: NDJSON of many items arrives whole though the client reads late") {
  const Served served(navistore::store::testing::memory_backend());
  RawClient client = served.connect();
  const std::string value(2000, 'v');
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines +=
        "{\"op\":\"put\",\"key\":\"k" + std::to_string(i) + "\",\"value\":\"" + value + "\"}\n";
  }
  client.send(request("POST /v1/bulk", "Content-Type: application/x-ndjson\r\n", lines));
  CHECK(client.receive_answer().find("200") == 9);
  client.send(request("GET /v1/kv?include=values", "Accept: application/x-ndjson\r\n", ""));
  const std::string answer = client.receive_through("\r\n0\r\n\r\n");
  CHECK(answer.find("{\"end\":true,\"count\":3000,\"revision\":") != std::string::npos);
}

TEST_CASE("server: a body of 16 MiB in small pieces is applied whole, one byte more is refused") {
  const Served served(navistore::store::testing::memory_backend());
  constexpr size_t kMost = size_t{16} << 20;
  std::string lines;
  for (int i = 0; i < 9'999; ++i) {
    const std::string head = R"({"op":"put","key":"k)" + std::to_string(i) + R"(","value":")";
    lines += head + std::string(1'600 - head.size() - 3, 'v') + "\"}\n";
  }
  const std::string last = R"({"op":"put","key":"last","value":")";
  lines += last + std::string(kMost - lines.size() - last.size() - 3, 'v') + "\"}\n";
  REQUIRE(lines.size() == kMost);
  const std::string fields = "Content-Type: application/x-ndjson\r\n";
  RawClient client = served.connect();
  const std::string whole = request("POST /v1/bulk", fields, lines);
  for (size_t at = 0; at < whole.size(); at += 9'973) client.send(whole.substr(at, 9'973));
  CHECK(client.receive_answer().find("200") == 9);
  client.send(request("GET /v1/kv?count=only", "", ""));
  CHECK(brief(client.receive_answer()).find("200 {\"count\":10000,") == 0);
  RawClient larger = served.connect();
  larger.send("POST /v1/bulk HTTP/1.1\r\nHost: x\r\n" + fields +
              "Content-Length: " + std::to_string(kMost + 1) + "\r\n\r\n");
  const std::string refused = larger.receive_answer();
  CHECK(refused.find("413") == 9);
  CHECK(refused.find("\"limit\":16777216") != std::string::npos);
}

TEST_CASE("server: a body that ends in its middle applies nothing") {
  const Served served(navistore::store::testing::memory_backend());
  const std::string good = "{\"op\":\"put\",\"key\":\"a\",\"value\":\"1\"}\n";
  RawClient cut = served.connect();
  cut.send(
      "POST /v1/bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
      "Content-Length: 1000\r\n\r\n" +
      good + good);
  cut.half_close();
  const std::string answer = cut.receive_all();
  CHECK((answer.empty() || answer.find("400") == 9));
  RawClient client = served.connect();
  client.send(request("GET /v1/kv?count=only", "", ""));
  CHECK(brief(client.receive_answer()).find("200 {\"count\":0,") == 0);
}

TEST_CASE("server: over a backend without fast reads each answer comes to its own connection") {
  Trial trial(NAVI_CAP_PERSISTENT);
  const Served served(Trial::backend());
  RawClient client = served.connect();
  std::string pipelined;
  std::string want;
  for (int i = 0; i < 20; ++i) {
    const std::string key = "/v1/kv/k" + std::to_string(i);
    client.send(request("PUT " + key, "", std::to_string(i)));
    CHECK(brief(client.receive_answer()).substr(0, 3) == "201");
    pipelined += request("GET " + key, "", "");
    want += "200 " + std::to_string(i) + " ";
  }
  client.send(pipelined);
  RawClient other = served.connect();
  other.send(request("GET /v1/kv/none", "", ""));
  CHECK(brief(other.receive_answer()).substr(0, 3) == "404");
  std::string seen;
  for (int i = 0; i < 20; ++i) seen += brief(client.receive_answer()) + " ";
  CHECK(seen == want);
}

TEST_SUITE_END();
