// SPDX-License-Identifier: Apache-2.0
// Servers that push to one another through the classic API, and clients that look.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/json/base64.hpp"
#include "core/replication/classic_push.hpp"
#include "tests/core/classic/served.hpp"

using navistore::classic::testing::Served;
namespace replication = navistore::replication;
namespace store = navistore::store;
namespace testing = navistore::store::testing;
using testing::eventually;

namespace {

const std::string kPeers = "/_replication_slaves";
const std::string kMissing = "404 No Such Resource";

bool rests(Served &served) {
  for (const auto &peer : served.replication().status()) {
    if (peer.lag_revisions != 0 || peer.state != replication::PeerState::kStreaming) return false;
  }
  return true;
}

std::string received(Served &served) {
  const auto counts = served.replication().applier().counts();
  return std::to_string(counts.applied) + "/" + std::to_string(counts.ignored);
}

}  // namespace

TEST_SUITE_BEGIN("core/classic");

TEST_CASE("push: a write is at both peers when it is answered, as the original's test reads them") {
  Served source(testing::sqlite_backend());
  Served first(testing::memory_backend());
  Served second(testing::sqlite_backend());
  REQUIRE(source.ask("PUT", kPeers, first.url() + "," + second.url()) == "200 OK");
  REQUIRE(eventually([&] { return rests(source); }));
  for (int i = 0; i < 20; ++i) {
    const std::string key = "/k" + std::to_string(i);
    CHECK(source.ask("PUT", key, "v") == "200 OK");
    CHECK(first.ask("GET", key) == "200 v");
    CHECK(second.ask("GET", key) == "200 v");
    CHECK(source.ask("DELETE", key) == "200 OK");
    CHECK(first.ask("GET", key) == kMissing);
    CHECK(second.ask("GET", key) == kMissing);
  }
  CHECK(source.ask("DELETE", kPeers) == "200 OK");
  CHECK(source.ask("PUT", "/alone", "1") == "200 OK");
  CHECK(first.ask("GET", "/alone") == kMissing);
}

TEST_CASE("push: a peer that is away costs a write a second, and has it later") {
  Served source(testing::memory_backend());
  REQUIRE(source.ask("PUT", kPeers, "http://127.0.0.1:1") == "200 OK");
  const uint64_t before = source.store().now_ms();
  CHECK(source.ask("PUT", "/a", "1") == "200 OK");
  CHECK(source.store().now_ms() >= before + 1'000);
  CHECK(source.store().now_ms() < before + 9'000);
  CHECK(source.replication().status().front().lag_revisions != 0);
}

TEST_CASE("push: mutual peers come to rest, one write causes one apply") {
  Served left(testing::memory_backend());
  Served right(testing::memory_backend());
  REQUIRE(left.ask("PUT", kPeers, right.url()) == "200 OK");
  REQUIRE(right.ask("PUT", kPeers, left.url()) == "200 OK");
  REQUIRE(eventually([&] { return rests(left) && rests(right); }));
  CHECK(left.ask("PUT", "/a", "1") == "200 OK");
  CHECK(eventually([&] { return received(left) == "0/1"; }));
  CHECK(eventually([&] { return rests(left) && rests(right); }));
  CHECK(received(right) == "1/0");
  CHECK(right.ask("DELETE", "/a") == "200 OK");
  CHECK(eventually([&] { return received(right) == "1/1"; }));
  CHECK(eventually([&] { return rests(left) && rests(right); }));
  CHECK(received(left) == "1/1");
  CHECK(left.ask("GET", "/a") == kMissing);
}

TEST_CASE("push: type, metadata and expiry go along, and keys of any bytes") {
  Served source(testing::memory_backend());
  Served peer(testing::memory_backend());
  REQUIRE(source.ask("PUT", kPeers, peer.url()) == "200 OK");
  REQUIRE(eventually([&] { return rests(source); }));
  const std::string key("a/%\0\xff..", 7);
  store::Transaction put = testing::put_until(key, "1", source.store().now_ms() + 3'600'000);
  put.operations.front().type = "text/plain";
  put.operations.front().user = {{"by", "me"}};
  testing::run(source.store(), std::move(put));
  testing::run(source.store(), testing::put("..", "2"));
  testing::run(source.store(), testing::put("_replication_slaves", "no list"));
  REQUIRE(eventually([&] { return rests(source); }));
  CHECK(peer.ask("GET", "/..") == "200 2");
  CHECK(peer.ask("GET", kPeers) == kMissing);
  const auto all = [&](store::Store &store) {
    std::string text;
    const auto end = store.scan({}, [&](size_t, const store::ItemView &item) {
      if (item.key == "_replication_slaves") return true;
      text += std::string(item.key) + "=" + std::string(item.encoded_meta) +
              std::to_string(item.expires_ms) + "\n";
      return true;
    });
    return end ? text : end.error().message;
  };
  CHECK(all(peer.store()) == all(source.store()));
}

TEST_CASE("push: a server whose clock is behind refuses it, and malformed fields") {
  Served peer(testing::memory_backend());
  const std::string now = std::to_string(peer.store().now_ms());
  const std::string ahead = std::to_string(peer.store().now_ms() + 6 * 60'000);
  const auto put = [&](const std::string &stamp, const std::string &source,
                       const std::string &more = "X: y") {
    return peer.ask("PUT", "/a", "1", {"Navi-Stamp: " + stamp, "Navi-Source: " + source, more});
  };
  CHECK(put(ahead + ".0.1", "1") == "400 Bad Request");
  CHECK(put(now + ".0", "1") == "400 Bad Request");
  CHECK(put(now + ".0.g", "1") == "400 Bad Request");
  CHECK(put("-1.0.1", "1") == "400 Bad Request");
  CHECK(put(now + ".0.1", "") == "400 Bad Request");
  CHECK(put(now + ".0.1x", "1") == "400 Bad Request");
  CHECK(put(now + ".0.1", "1x") == "400 Bad Request");
  CHECK(put(now + ".0.1", "1", "Navi-Item-Meta: AAAA") == "400 Bad Request");
  CHECK(put(now + ".0.1", "1", "Navi-Item-Expires: soon") == "400 Bad Request");
  CHECK(peer.ask("GET", "/a") == kMissing);
  CHECK(put(now + ".0.1", "1") == "200 OK");
  CHECK(put("5.0.1", "1") == "200 OK");
  CHECK(peer.ask("GET", "/a") == "200 1");
  CHECK(received(peer) == "1/1");
  REQUIRE(peer.store().scan({}, [&](size_t, const store::ItemView &item) {
    CHECK(item.meta.size() == 1);  // as a list shows it, though no meta came
    return true;
  }));
}

TEST_CASE("push: an item's meta is taken only where it is the stamp's and the value's") {
  Served peer(testing::memory_backend());
  store::Meta meta;
  meta.size = 1;
  meta.stamp = {5, 0, 1};
  const auto put = [&](const store::Meta &sent) {
    std::string encoded;
    store::encode_meta(sent, encoded);
    const auto fields = replication::push_fields({"a", "1", encoded, 0}, 1);
    std::vector<std::string> with{"Navi-Stamp: 5.0.1", "Navi-Source: 1"};
    with.insert(with.end(), fields.begin() + 2, fields.end());
    return peer.ask("PUT", "/a", "1", with);
  };
  store::Meta wrong = meta;
  wrong.size = 2;
  CHECK(put(wrong) == "400 Bad Request");
  wrong = meta;
  wrong.stamp.counter = 1;
  CHECK(put(wrong) == "400 Bad Request");
  std::string tombstone;
  wrong = meta;
  wrong.tombstone = true;
  store::encode_meta(wrong, tombstone);
  std::string field;
  navistore::json::append_base64(tombstone, navistore::json::Alphabet::kUrl, field);
  CHECK(peer.ask("PUT", "/a", "1",
                 {"Navi-Stamp: 5.0.1", "Navi-Source: 1", "Navi-Item-Meta: " + field}) ==
        "400 Bad Request");
  CHECK(peer.ask("DELETE", "/a", "", {"Navi-Stamp: 0.0.0", "Navi-Source: 1"}) == "400 Bad Request");
  const std::vector<std::string> unknown{"Navi-Stamp: 0.0.0", "Navi-Source: 1",
                                         "Navi-Item-Meta: AAAA"};
  CHECK(peer.ask("PUT", "/a", "", unknown) == "400 Bad Request");
  CHECK(peer.ask("GET", "/a") == kMissing);
  CHECK(put(meta) == "200 OK");
  CHECK(peer.ask("GET", "/a") == "200 1");
}

TEST_CASE("push: a delete leaves a tombstone without a value that goes when its time is over") {
  Served peer(testing::memory_backend());
  const uint64_t now_ms = peer.store().now_ms();
  const std::string stamp = "Navi-Stamp: " + std::to_string(now_ms) + ".0.1";
  CHECK(peer.ask("DELETE", "/a", "ignored", {stamp, "Navi-Source: 1"}) == "200 OK");
  store::ScanQuery query;
  query.tombstones = store::Tombstones::kShown;
  query.values = store::Values::kWith;
  int tombstones = 0;
  REQUIRE(peer.store().scan(query, [&](size_t, const store::ItemView &item) {
    ++tombstones;
    CHECK(item.meta.tombstone());
    CHECK(item.value.empty());
    CHECK(item.expires_ms >= now_ms + peer.replication().tombstone_ms());
    return true;
  }));
  CHECK(tombstones == 1);
}

TEST_CASE("push: a peer that nobody answers for is retried, though there is nothing to send") {
  Served source(testing::memory_backend());
  REQUIRE(source.ask("PUT", kPeers, "http://127.0.0.1:1") == "200 OK");
  CHECK(eventually([&] {
    const auto peer = source.replication().status().front();
    return peer.state == replication::PeerState::kRetrying && !peer.last_error.empty();
  }));
  CHECK(source.replication().status().front().last_ok_ms == 0);
}

TEST_CASE("push: a read-only server takes what is pushed") {
  Served source(testing::memory_backend());
  Served peer(testing::memory_backend(), {navistore::classic::Options::Writes::kRefused, {}});
  REQUIRE(source.ask("PUT", kPeers, peer.url()) == "200 OK");
  REQUIRE(eventually([&] { return rests(source); }));
  CHECK(source.ask("PUT", "/a", "1") == "200 OK");
  CHECK(peer.ask("GET", "/a") == "200 1");
}

TEST_CASE("push: a peer that lost its data gets all again") {
  Served source(testing::memory_backend());
  Served peer(testing::memory_backend());
  REQUIRE(source.ask("PUT", kPeers, peer.url()) == "200 OK");
  CHECK(source.ask("PUT", "/a", "1") == "200 OK");
  REQUIRE(eventually([&] { return rests(source); }));
  REQUIRE(peer.ask("GET", "/reset") == "200 null");
  CHECK(source.ask("PUT", "/b", "2") == "200 OK");
  CHECK(eventually([&] { return peer.ask("GET", "/a") == "200 1"; }));
}

TEST_SUITE_END();
