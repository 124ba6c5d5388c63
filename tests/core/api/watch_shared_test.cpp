// SPDX-License-Identifier: Apache-2.0
// GET /v1/watch of two servers on one SHARED backend: each shows what both commit.
#include <doctest/doctest.h>

#include <future>
#include <string>

#include "tests/core/api/event_text.hpp"
#include "tests/core/api/served.hpp"
#include "tests/core/store/support/faulty_backend.hpp"

using namespace navistore::api;
using navistore::store::StoreOptions;
using navistore::store::testing::eventually;
using navistore::store::testing::faulty_backend;
using navistore::store::testing::ScratchDirectory;
using navistore::test::EventStream;
using navistore::test::HttpClient;
using testing::next;
using testing::replaced;
using testing::Served;

namespace {

StoreOptions shared_in(const ScratchDirectory &directory, const std::string &history) {
  StoreOptions options;
  options.config = R"({"shared":true,"history":")" + history + "\"}";
  options.data_dir = directory.path();
  return options;
}

struct Servers {
  explicit Servers(const std::string &history = "full")
      : one(faulty_backend(), {}, shared_in(directory, history)),
        other(faulty_backend(), {}, shared_in(directory, history)) {}

  ScratchDirectory directory;
  Served one;
  Served other;
};

// Without its epoch: status and body.
std::string get(const Served &served, const std::string &target, const std::string &accept) {
  HttpClient client(served.port());
  const auto answer =
      client.request("GET", replaced(target, "$E", served.rig.epoch()), {}, {"Accept: " + accept});
  if (!answer) return "no answer";
  return std::to_string(answer->status) + " " + replaced(answer->body, served.rig.epoch(), "$E");
}

std::string poll(const Served &served, const std::string &target) {
  return get(served, target, "application/json");
}

bool watched(Served &served, const std::string &watchers) {
  const std::string line = "\nnavistore_watchers " + watchers + "\n";
  return eventually(
      [&] { return served.rig.body("GET /metrics").find(line) != std::string::npos; });
}

const char *const kTransaction =
    "POST /v1/txn\nContent-Type: application/json\n\n"
    R"({"do":[{"op":"put","key":"a","value":"2"},{"op":"put","key":"b","value":"2"}]})";

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("watch, shared: every server streams what all commit, whole and in order") {
  Servers servers;
  REQUIRE(servers.one.rig.epoch() == servers.other.rig.epoch());
  EventStream at_one(servers.one.port(), "/v1/watch");
  EventStream at_other(servers.other.port(), "/v1/watch");
  servers.one.rig.ask("PUT /v1/kv/a\n\n1");
  servers.other.rig.ask(kTransaction);
  servers.one.rig.ask("DELETE /v1/kv/b");
  servers.other.rig.ask("PUT /v1/kv/t?ttl=50ms\n\n4");
  for (EventStream *stream : {&at_one, &at_other}) {
    CHECK(next(*stream, 4) == "put a=1 @1, put a=2, put b=2 @2, delete b @3");
    CHECK(next(*stream, 2) == "put t=4 @4, expire t @5");
  }
}

TEST_CASE("watch, shared: NDJSON shows another server's commits") {
  Servers servers;
  HttpClient client(servers.one.port());
  REQUIRE(
      client.send("GET /v1/watch?since=0 HTTP/1.1\r\nHost: x\r\n"
                  "Accept: application/x-ndjson\r\n\r\n"));
  REQUIRE(client.receive_head());
  servers.other.rig.ask("PUT /v1/kv/a\n\n1");
  servers.other.rig.ask("DELETE /v1/kv/a");
  std::string lines;
  while (lines.find(".2\"}\n") == std::string::npos) {
    const auto chunk = client.receive_chunk();
    REQUIRE(chunk);
    lines += *chunk;
  }
  CHECK(replaced(lines, servers.one.rig.epoch(), "$E") ==
        "{\"event\":\"put\",\"key\":\"a\",\"revision\":1,\"etag\":\"\\\"$E.1\\\"\","
        "\"value\":\"1\",\"cursor\":\"$E.1\"}\n"
        "{\"event\":\"delete\",\"key\":\"a\",\"revision\":2,\"cursor\":\"$E.2\"}\n");
}

TEST_CASE("watch, shared: a long poll and a blocking read wait for another server's commit") {
  Servers servers;
  servers.one.rig.ask("PUT /v1/kv/a\n\n1");
  auto polled = std::async(std::launch::async,
                           [&] { return poll(servers.one, "/v1/watch?key=b&since=$E.1&wait=60"); });
  const auto read = servers.one.rig.start("GET /v1/kv/b\nPrefer: wait=60");
  REQUIRE(watched(servers.one, "1"));
  servers.other.rig.ask("PUT /v1/kv/c\n\n1");
  servers.other.rig.ask("PUT /v1/kv/b\n\nnews");
  CHECK(polled.get() ==
        "200 {\"events\":[{\"event\":\"put\",\"key\":\"b\",\"revision\":3,"
        "\"etag\":\"\\\"$E.3\\\"\",\"value\":\"news\"}],\"cursor\":\"$E.3\"}");
  const std::string found = read.text();
  CHECK(found.substr(0, 3) == "200");
  CHECK(found.substr(found.size() - 4) == "news");
}

TEST_CASE(
    "watch, shared: a stream of one server is resumed at another, by its ring or by history") {
  for (const std::string history : {"full", "newest"}) {
    CAPTURE(history);
    Servers servers(history);
    EventStream first(servers.one.port(), "/v1/watch");
    servers.other.rig.ask("PUT /v1/kv/a\n\n1");
    CHECK(next(first) == "put a=1 @1");
    first.disconnect();
    servers.one.rig.ask(kTransaction);
    // The newest change of a key takes the place of one that nobody has seen yet.
    REQUIRE(eventually([&] { return servers.other.rig.store().feed().newest() == 2; }));
    servers.other.rig.ask("PUT /v1/kv/b\n\n3");
    const std::string all = "put a=2, put b=2 @2, put b=3 @3";
    EventStream id(servers.other.port(), "/v1/watch", {"Last-Event-ID: " + first.last_id()});
    CHECK(next(id, 3) == all);
    EventStream since(servers.other.port(), "/v1/watch?since=" + first.last_id());
    CHECK(next(since, 3) == all);
    // One that came later asks the backend.
    const Served late(faulty_backend(), {}, shared_in(servers.directory, history));
    EventStream kept(late.port(), "/v1/watch?since=" + first.last_id());
    CHECK(next(kept, 2) == (history == "full" ? "put a=2, put b=2 @2" : "put a=2 @2, put b=3 @3"));
    servers.one.rig.ask("PUT /v1/kv/c\n\n4");
    CHECK(next(since) == "put c=4 @4");
  }
}

TEST_CASE("watch, shared: another server's reset ends a stream") {
  Servers servers;
  servers.one.rig.ask("PUT /v1/kv/a\n\n1");
  EventStream stream(servers.one.port(), "/v1/watch?since=0");
  CHECK(next(stream) == "put a=1 @1");
  const std::string epoch = servers.one.rig.epoch();
  CHECK(servers.other.rig.status("POST /v1/admin/reset\nContent-Type: application/json\n\n{}") ==
        "200");
  CHECK(next(stream, 2) == "reset, end");
  CHECK(stream.last_id() == epoch + ".1");
  CHECK(eventually([&] { return servers.one.rig.epoch() == servers.other.rig.epoch(); }));
  CHECK(servers.one.rig.epoch() != epoch);
}

TEST_SUITE_END();
