// SPDX-License-Identifier: Apache-2.0
// GET /v1/watch over real sockets.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <thread>

#include "tests/core/api/event_text.hpp"
#include "tests/core/api/served.hpp"

using namespace navistore::api;
using navistore::store::testing::eventually;
using navistore::store::testing::memory_backend;
using navistore::store::testing::sqlite_backend;
using navistore::test::EventStream;
using navistore::test::HttpClient;
using testing::next;
using testing::replaced;
using testing::Served;

namespace {

// The answer to a GET without its epoch: status and body.
std::string get(const Served &served, const std::string &target, const std::string &accept) {
  HttpClient client(served.port());
  const auto answer = client.request("GET", target, {}, {"Accept: " + accept});
  if (!answer) return "no answer";
  return std::to_string(answer->status) + " " + replaced(answer->body, served.rig.epoch(), "$E");
}

std::string poll(const Served &served, const std::string &target) {
  return get(served, replaced(target, "$E", served.rig.epoch()), "application/json");
}

std::string reset(Served &served) {
  return served.rig.status("POST /v1/admin/reset\nContent-Type: application/json\n\n{}");
}

// The cursor that a 410 offers.
std::string oldest_in(const std::string &gone) {
  const size_t from = gone.find("\"oldest\":\"") + 10;
  return gone.substr(from, gone.find('"', from) - from);
}

std::string transaction(const std::string &operations) {
  return "POST /v1/txn\nContent-Type: application/json\n\n{\"do\":[" + operations + "]}";
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("watch: events look as documented") {
  Served served(memory_backend());
  served.rig.ask("PUT /v1/kv/app/color\n\nblue");
  HttpClient client(served.port());
  REQUIRE(client.send("GET /v1/watch?prefix=app/&since=0 HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto head = client.receive_head();
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->fields.at("content-type") == "text/event-stream");
  CHECK(head->fields.at("cache-control") == "no-store");
  CHECK(head->fields.at("x-accel-buffering") == "no");
  const auto receive = [&] {
    return replaced(client.receive_chunk().value_or("cut"), served.rig.epoch(), "$E");
  };
  CHECK(receive() ==
        "id: $E.1\nevent: put\n"
        "data: {\"key\":\"app/color\",\"revision\":1,\"etag\":\"\\\"$E.1\\\"\",\"value\":\"blue\"}"
        "\n\n");
  served.rig.ask("DELETE /v1/kv/app/color");
  CHECK(receive() == "id: $E.2\nevent: delete\ndata: {\"key\":\"app/color\",\"revision\":2}\n\n");
  served.rig.ask("PUT /v1/kv/app/t?ttl=1ms\n\n1");
  CHECK(receive().find("\"expires_at\":\"2") != std::string::npos);
  CHECK(receive() == "id: $E.4\nevent: expire\ndata: {\"key\":\"app/t\",\"revision\":4}\n\n");
}

TEST_CASE("watch: NDJSON is the same events, one a line") {
  Served served(memory_backend());
  served.rig.ask("PUT /v1/kv/a\nContent-Type: text/plain\nNavi-Meta-x: y\n\n1");
  served.rig.ask(transaction(R"({"op":"put","key":"b","value":"2"},{"op":"delete","key":"a"})"));
  HttpClient client(served.port());
  REQUIRE(
      client.send("GET /v1/watch?since=0 HTTP/1.1\r\nHost: x\r\n"
                  "Accept: application/x-ndjson\r\n\r\n"));
  const auto head = client.receive_head();
  REQUIRE(head);
  CHECK(head->fields.at("content-type") == "application/x-ndjson");
  std::string lines;
  while (lines.find("\"cursor\":\"" + served.rig.epoch() + ".2") == std::string::npos) {
    const auto chunk = client.receive_chunk();
    REQUIRE(chunk);
    lines += *chunk;
  }
  CHECK(replaced(lines, served.rig.epoch(), "$E") ==
        "{\"event\":\"put\",\"key\":\"a\",\"revision\":1,\"etag\":\"\\\"$E.1\\\"\","
        "\"type\":\"text/plain\",\"meta\":{\"x\":\"y\"},\"value\":\"1\",\"cursor\":\"$E.1\"}\n"
        "{\"event\":\"put\",\"key\":\"b\",\"revision\":2,\"etag\":\"\\\"$E.2\\\"\","
        "\"value\":\"2\"}\n"
        "{\"event\":\"delete\",\"key\":\"a\",\"revision\":2,\"cursor\":\"$E.2\"}\n");
}

TEST_CASE("watch: the default is from now on, for everything, on both backends") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a\n\nbefore");
    EventStream stream(served.port(), "/v1/watch");
    served.rig.ask("PUT /v1/kv/a\n\nafter");
    served.rig.ask("PUT /v1/kv/t?ttl=50ms\n\nx");
    CHECK(next(stream, 3) == "put a=after @2, put t=x @3, expire t @4");
  }
}

TEST_CASE(
    "watch: prefix, key and kinds choose, and the last event shown of a transaction has the id") {
  Served served(memory_backend());
  EventStream all(served.port(), "/v1/watch");
  EventStream under(served.port(), "/v1/watch?prefix=a/");
  EventStream one(served.port(), "/v1/watch?key=a/1");
  EventStream coded(served.port(), "/v1/watch?key64=YS8x");
  EventStream deletes(served.port(), "/v1/watch?events=delete");
  EventStream bytes(served.port(), "/v1/watch?encoding=base64&key=b");
  served.rig.ask(transaction(R"({"op":"put","key":"a/1","value":"x"},
      {"op":"put","key":"a/2","value":"y"},{"op":"put","key":"b","value":"z"})"));
  served.rig.ask(
      transaction(R"({"op":"delete","key":"a/1"},{"op":"put","key":"a/2","value":"w"})"));
  CHECK(next(all, 5) == "put a/1=x, put a/2=y, put b=z @1, delete a/1, put a/2=w @2");
  CHECK(next(under, 4) == "put a/1=x, put a/2=y @1, delete a/1, put a/2=w @2");
  CHECK(next(one, 2) == "put a/1=x @1, delete a/1 @2");
  CHECK(next(coded, 2) == "put a/1=x @1, delete a/1 @2");
  CHECK(next(deletes) == "delete a/1 @2");
  CHECK(bytes.next()->data.find("{\"key64\":\"Yg==\",") == 0);
}

TEST_CASE("watch: include=meta shows what an item is, and not its value") {
  Served served(memory_backend());
  EventStream stream(served.port(), "/v1/watch?include=meta");
  served.rig.ask("PUT /v1/kv/a\nNavi-TTL: 60\n\nred");
  const std::string data = stream.next()->data;
  CHECK(data.find("\"size\":3,\"type\":\"application/octet-stream\",\"modified_at\":\"") !=
        std::string::npos);
  CHECK(data.find("\"expires_at\":\"") != std::string::npos);
  CHECK(data.find("value") == std::string::npos);
}

TEST_CASE("watch: a stream is resumed by since and by Last-Event-ID, which counts more") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a\n\n1");
    served.rig.ask(transaction(R"({"op":"put","key":"a","value":"2"},
        {"op":"put","key":"b","value":"2"})"));
    served.rig.ask("PUT /v1/kv/c\n\n3");
    const std::string epoch = served.rig.epoch();
    EventStream since(served.port(), "/v1/watch?since=" + epoch + ".1");
    CHECK(next(since, 3) == "put a=2, put b=2 @2, put c=3 @3");
    EventStream id(served.port(), "/v1/watch?since=0", {"Last-Event-ID: " + epoch + ".2"});
    CHECK(next(id) == "put c=3 @3");
    EventStream empty(served.port(), "/v1/watch?since=" + epoch + ".2", {"Last-Event-ID: "});
    CHECK(next(empty) == "put c=3 @3");
    CHECK(since.last_id() == epoch + ".3");
  }
}

TEST_CASE("watch: a stream from now on can be resumed before its first event") {
  Served served(memory_backend());
  served.rig.ask("PUT /v1/kv/a\n\n1");
  EventStream stream(served.port(), "/v1/watch?key=b");
  CHECK(stream.head()->fields.at("navi-revision") == served.rig.epoch() + ".1");
  served.rig.ask("PUT /v1/kv/b\n\n1");
  CHECK(next(stream) == "put b=1 @2");
  HttpClient raw(served.port());
  REQUIRE(raw.send("GET /v1/watch HTTP/1.1\r\nHost: x\r\n\r\n"));
  REQUIRE(raw.receive_head());
  CHECK(raw.receive_chunk() == "id: " + served.rig.epoch() + ".2\n\n");
}

TEST_CASE("watch: a silent stream tells its progress, with an advancing id") {
  ServiceOptions options;
  options.progress_every = std::chrono::milliseconds(20);
  Served served(memory_backend(), options);
  EventStream stream(served.port(), "/v1/watch?key=a");
  CHECK(next(stream) == "progress @0");
  served.rig.ask("PUT /v1/kv/b\n\n1");
  CHECK(eventually([&] { return next(stream) == "progress @1"; }));
  served.rig.ask("PUT /v1/kv/a\n\n1");
  CHECK(eventually([&] { return next(stream) == "put a=1 @2"; }));
}

TEST_CASE("watch: initial=true shows what is there, then synced, then the changes") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a/1\n\nx");
    served.rig.ask("PUT /v1/kv/a/2\n\ny");
    served.rig.ask("PUT /v1/kv/b\n\nz");
    EventStream stream(served.port(), "/v1/watch?prefix=a/&initial=true");
    CHECK(next(stream, 3) == "put a/1=x, put a/2=y, synced @3");
    served.rig.ask("DELETE /v1/kv/a/1");
    CHECK(next(stream) == "delete a/1 @4");
    EventStream one(served.port(), "/v1/watch?key=a/2&initial=true");
    CHECK(next(one, 2) == "put a/2=y, synced @4");
    EventStream nothing(served.port(), "/v1/watch?key=a/1&initial=true");
    CHECK(next(nothing) == "synced @4");
  }
}

TEST_CASE("watch: initial=true with a cursor that can be resumed shows only what changed") {
  Served served(memory_backend());
  served.rig.ask("PUT /v1/kv/a\n\n1");
  served.rig.ask("PUT /v1/kv/b\n\n2");
  EventStream stream(served.port(), "/v1/watch?initial=true",
                     {"Last-Event-ID: " + served.rig.epoch() + ".1"});
  CHECK(next(stream) == "put b=2 @2");
}

TEST_CASE("watch: a cursor that cannot be resumed is 410 with the oldest, or starts over") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a\n\n1");
    served.rig.ask("PUT /v1/kv/b\n\n2");
    const std::string other = "/v1/watch?since=0123456789abcdef.1";
    const std::string gone = get(served, other, "text/event-stream");
    CHECK(gone.substr(0, 3) == "410");
    CHECK(gone.find("urn:navistore:problem:cursor-gone") != std::string::npos);
    CHECK(gone.find("\"oldest\":\"$E.0\"") != std::string::npos);
    CHECK(poll(served, other).substr(0, 3) == "410");
    CHECK(poll(served, "/v1/watch?since=$E.3").substr(0, 3) == "410");  // not yet there
    EventStream stream(served.port(), other + "&initial=true");
    CHECK(next(stream, 4) == "reset, put a=1, put b=2, synced @2");
  }
}

TEST_CASE("watch: changes that are kept no more are 410, and the oldest cursor works") {
  navistore::store::StoreOptions options;
  options.history = 3;
  options.trim_every_ms = 10;
  Served served(sqlite_backend(), {}, options);
  // More than the feed keeps in memory, so that the backend is asked.
  const std::string value(100'000, 'v');
  for (int i = 0; i < 200; ++i) {
    CHECK(served.rig.status("PUT /v1/kv/" + std::to_string(i) + "\n\n" + value) == "201");
  }
  REQUIRE(
      eventually([&] { return poll(served, "/v1/watch?since=0&wait=0").substr(0, 3) == "410"; }));
  const std::string gone = poll(served, "/v1/watch?since=0&wait=0");
  CHECK(poll(served, "/v1/watch?include=meta&wait=0&since=" + oldest_in(gone)).substr(0, 3) ==
        "200");
}

TEST_CASE("watch: a reset ends a stream, or starts it over where it began with what is there") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a\n\n1");
    EventStream plain(served.port(), "/v1/watch?since=0");
    EventStream again(served.port(), "/v1/watch?initial=true");
    CHECK(next(plain) == "put a=1 @1");
    CHECK(next(again, 2) == "put a=1, synced @1");
    const std::string old_epoch = served.rig.epoch();
    CHECK(reset(served) == "200");
    CHECK(served.rig.epoch() != old_epoch);
    CHECK(next(plain, 2) == "reset, end");
    CHECK(plain.last_id() == old_epoch + ".1");
    served.rig.ask("PUT /v1/kv/b\n\n2");
    std::string seen;
    const auto has = [&](const char *text) { return seen.find(text) != std::string::npos; };
    while (!(has("put b=2") && has("synced")) && !has("cut") && !has("end")) {
      seen += next(again) + ", ";
    }
    CHECK(seen.substr(0, 7) == "reset, ");
    CHECK(again.last_id().substr(0, 16) == served.rig.epoch());
    EventStream beginning(served.port(), "/v1/watch?since=0&events=put");
    CHECK(next(beginning).substr(0, 8) == "put b=2 ");
    CHECK(poll(served, "/v1/watch?since=0").substr(0, 4) == "200 ");
  }
}

TEST_CASE("watch: after a reset no stream and no poll shows what was before, however much") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/x\n\nold");
    for (int i = 0; i < 600; ++i) {  // more changes than are read of a history at once
      const std::string key = "/v1/kv/k" + std::to_string(i);
      served.rig.ask("PUT " + key + "\n\nold");
      served.rig.ask("DELETE " + key);
    }
    REQUIRE(reset(served) == "200");
    served.rig.ask("PUT /v1/kv/after\n\n1");
    const std::string after = "200 {\"events\":[{\"event\":\"put\",\"key\":\"after\",";
    EventStream beginning(served.port(), "/v1/watch?since=0");
    CHECK(next(beginning) == "put after=1 @1203");
    CHECK(poll(served, "/v1/watch?since=0&limit=2").substr(0, after.size()) == after);
    for (const std::string before : {"$E.1", "$E.600", "$E.1200", "0000000000000001.1"}) {
      CAPTURE(before);
      const std::string gone = poll(served, "/v1/watch?since=" + before);
      CHECK(gone.substr(0, 3) == "410");
      CHECK(oldest_in(gone) == "$E.1202");
      const std::string as_stream = replaced(before, "$E", served.rig.epoch());
      EventStream lost(served.port(), "/v1/watch?since=" + as_stream);
      CHECK(lost.status() == 410);
      EventStream again(served.port(), "/v1/watch?initial=true&since=" + as_stream);
      CHECK(next(again, 3) == "reset, put after=1, synced @1203");
    }
    CHECK(poll(served, "/v1/watch?since=$E.1202").substr(0, after.size()) == after);
  }
}

TEST_CASE("watch: the oldest cursor after a reset is the reset's, be there changes since or not") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/x\n\n1");
    REQUIRE(reset(served) == "200");
    const std::string other = "/v1/watch?since=0000000000000001.1";
    CHECK(oldest_in(poll(served, other)) == "$E.2");
    CHECK(poll(served, "/v1/watch?wait=0&since=$E.2") == "200 {\"events\":[],\"cursor\":\"$E.2\"}");
    served.rig.ask("PUT /v1/kv/y\n\n1");
    CHECK(oldest_in(poll(served, other)) == "$E.2");
    CHECK(poll(served, "/v1/watch?since=$E.2").find("\"key\":\"y\"") != std::string::npos);
  }
}

TEST_CASE("watch: a long poll answers with what there is, or with the first that comes") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Served served(backend);
    served.rig.ask("PUT /v1/kv/a\n\n1");
    const std::string first =
        "{\"event\":\"put\",\"key\":\"a\",\"revision\":1,\"etag\":\"\\\"$E.1\\\"\",\"value\":"
        "\"1\"}";
    CHECK(poll(served, "/v1/watch?since=0") ==
          "200 {\"events\":[" + first + "],\"cursor\":\"$E.1\"}");
    CHECK(poll(served, "/v1/watch?since=$E.1&wait=0") == "200 {\"events\":[],\"cursor\":\"$E.1\"}");
    auto later = std::async(std::launch::async,
                            [&] { return poll(served, "/v1/watch?key=b&since=$E.1&wait=60"); });
    served.rig.ask("PUT /v1/kv/c\n\n1");
    served.rig.ask("PUT /v1/kv/b\n\n1");
    CHECK(later.get() ==
          "200 {\"events\":[{\"event\":\"put\",\"key\":\"b\",\"revision\":3,"
          "\"etag\":\"\\\"$E.3\\\"\",\"value\":\"1\"}],\"cursor\":\"$E.3\"}");
    // What is filtered out moves the cursor.
    CHECK(poll(served, "/v1/watch?since=0&events=delete&wait=0") ==
          "200 {\"events\":[],\"cursor\":\"$E.3\"}");
  }
}

TEST_CASE("watch: a long poll is limited, but never ends inside a transaction") {
  Served served(memory_backend());
  served.rig.ask("PUT /v1/kv/a\n\n1");
  served.rig.ask(transaction(R"({"op":"put","key":"b","value":"2"},
      {"op":"put","key":"c","value":"2"},{"op":"put","key":"d","value":"2"})"));
  served.rig.ask("PUT /v1/kv/e\n\n3");
  const auto cursor_after = [&](const std::string &query) {
    const std::string answer = poll(served, "/v1/watch?include=meta&" + query);
    size_t events = 0;
    for (size_t at = 0; (at = answer.find("\"event\"", at)) != std::string::npos; ++at) ++events;
    const size_t cursor = answer.find("\"cursor\":\"$E.");
    return std::to_string(events) + " to " +
           answer.substr(cursor + 13, answer.size() - cursor - 15);
  };
  CHECK(cursor_after("since=0&limit=1") == "1 to 1");
  CHECK(cursor_after("since=0&limit=2") == "4 to 2");
  CHECK(cursor_after("since=0&limit=4") == "4 to 2");
  CHECK(cursor_after("since=0") == "5 to 3");
}

TEST_CASE("watch: Prefer: wait is the time of a long poll, too, and is acknowledged") {
  Served served(memory_backend());
  HttpClient client(served.port());
  const auto answer =
      client.request("GET", "/v1/watch", {}, {"Accept: application/json", "Prefer: wait=1"});
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->fields.at("preference-applied") == "wait=1");
}

TEST_CASE("watch: a drain ends every stream with its cursor, and answers every poll") {
  Served served(sqlite_backend());
  served.rig.ask("PUT /v1/kv/a\n\n1");
  EventStream stream(served.port(), "/v1/watch?key=a&since=0");
  CHECK(next(stream) == "put a=1 @1");
  EventStream state(served.port(), "/v1/watch?initial=true");
  CHECK(next(state, 2) == "put a=1, synced @1");
  auto waiting = std::async(std::launch::async,
                            [&] { return poll(served, "/v1/watch?since=$E.1&key=a&wait=600"); });
  REQUIRE(eventually([&] {
    return served.rig.body("GET /metrics").find("\nnavistore_watchers 3\n") != std::string::npos;
  }));
  served.rig.ask("PUT /v1/kv/b\n\n1");
  CHECK(next(state) == "put b=1 @2");
  served.rig.service().set_draining();
  CHECK(served.server->drain(std::chrono::seconds(20)));
  CHECK(next(stream).substr(0, 10) == "progress @");
  CHECK(next(stream) == "end");
  CHECK(next(state, 2) == "progress @2, end");
  CHECK(waiting.get().substr(0, 29) == "200 {\"events\":[],\"cursor\":\"$E");
  CHECK(served.rig.status("GET /v1/watch") == "503");
}

TEST_CASE("watch: seats are bounded, and a client that left gives its seat back") {
  ServiceOptions options;
  options.max_watchers = 1;
  Served served(memory_backend(), options);
  {
    EventStream first(served.port(), "/v1/watch");
    REQUIRE(first.status() == 200);
    EventStream second(served.port(), "/v1/watch");
    CHECK(second.status() == 503);
  }
  CHECK(eventually([&] { return EventStream(served.port(), "/v1/watch").status() == 200; }));
}

TEST_SUITE_END();
