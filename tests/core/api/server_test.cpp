// SPDX-License-Identifier: Apache-2.0
// The same service behind real sockets.
#include <doctest/doctest.h>

#include "core/http/server.hpp"
#include "tests/core/api/driver.hpp"
#include "tests/core/http/raw_client.hpp"

using namespace navistore::api;
namespace http = navistore::http;
using http::testing::RawClient;
using testing::Rig;

namespace {

struct Served {
  explicit Served(const navistore::host::Backend &backend) : rig(backend) {
    http::ServerOptions options;
    options.listen.push_back({"127.0.0.1:0", &rig.service(), false});
    options.threads = 2;
    auto started = http::Server::start(std::move(options));
    REQUIRE(started.ok());
    server = std::move(started).value();
  }
  RawClient connect() const { return RawClient(server->addresses().front()); }

  Rig rig;
  std::unique_ptr<http::Server> server;
};

std::string request(const std::string &line, const std::string &fields, const std::string &body) {
  return line + " HTTP/1.1\r\nHost: x\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string brief(const std::string &answer) {
  const size_t body = answer.find("\r\n\r\n");
  return answer.substr(9, 3) + " " + (body == std::string::npos ? "" : answer.substr(body + 4));
}

}  // namespace

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

TEST_SUITE_END();
