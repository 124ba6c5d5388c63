// SPDX-License-Identifier: Apache-2.0
// What watchers of two servers see of items whose time ends.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/integration/replication/cluster.hpp"
#include "tests/support/event_stream.hpp"

using namespace navistore::test;

namespace {

// "put a, expire a, put end, ": all events from now on, up to the key `end`.
std::string events_until_end(EventStream &stream) {
  std::string seen;
  while (const auto event = stream.next()) {
    const size_t key = event->data.find("\"key\":\"");
    if (key == std::string::npos) continue;  // progress
    const size_t from = key + 7;
    const std::string name = event->data.substr(from, event->data.find('"', from) - from);
    seen += event->name + " " + name + ", ";
    if (name == "end") break;
  }
  return seen;
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("expiry: watchers of the source and of its peer see the end of an item once") {
  for (const std::string backend : {"memory", "sqlite"}) {
    CAPTURE(backend);
    Node source(backend);
    Node peer(backend);
    source.push_to({&peer});
    REQUIRE(eventually([&] { return at_rest({&source}); }));
    EventStream at_source(source.port(), "/v1/watch?prefix=");
    EventStream at_peer(peer.port(), "/v1/watch?prefix=");
    source.request("PUT", "/v1/kv/a", "1", {"Navi-TTL: 1"});
    const auto over = [&] {  // the item and the source's tombstone came
      return std::stoi(peer.received("applied")) + std::stoi(peer.received("ignored")) == 2;
    };
    REQUIRE(eventually(over));
    source.request("PUT", "/v1/kv/end", "1");
    CHECK(events_until_end(at_source) == "put a, expire a, put end, ");
    const std::string seen = events_until_end(at_peer);
    const bool once = seen == "put a, expire a, put end, " || seen == "put a, delete a, put end, ";
    CHECK_MESSAGE(once, seen);
  }
}

TEST_CASE("expiry: what expired while the source was dead is buried when it is back") {
  for (const std::string written_before : {"", "a"}) {
    CAPTURE(written_before);
    Node source("sqlite");
    Node peer("memory");
    if (!written_before.empty()) source.request("PUT", "/v1/kv/" + written_before, "1");
    source.push_to({&peer});
    REQUIRE(eventually([&] { return at_rest({&source}); }));
    const auto expires = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'200);
    source.request("PUT", "/v1/kv/b", "1", {"Navi-TTL: 1"});
    const int items = written_before.empty() ? 1 : 2;
    const auto came = [&] {
      return std::stoi(peer.received("applied")) + std::stoi(peer.received("ignored"));
    };
    REQUIRE(eventually([&] { return came() >= items; }));
    source.kill();
    REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > expires; }));
    source.start();
    CHECK(eventually([&] { return came() > items; }));  // the tombstone
  }
}

TEST_SUITE_END();
