// SPDX-License-Identifier: Apache-2.0
#include "core/replication/peer.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "core/replication/classic_peers.hpp"

using namespace navistore::replication;

namespace {

std::string read(const std::string &json) {
  const auto peers = parse_peers(json);
  return peers ? to_json(peers.value()) : peers.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("peers: a list is read and written") {
  CHECK(read("[]") == "[]");
  CHECK(read(R"([{"id":"b-1_x","url":"http://b:8787/"},)"
             R"({"id":"c","url":"https://[::1]:9","token_file":"/t"}])") ==
        R"([{"id":"b-1_x","url":"http://b:8787"},)"
        R"({"id":"c","url":"https://[::1]:9","token_file":"/t"}])");
}

TEST_CASE("peers: a wrong list is refused, with the place") {
  CHECK(read("{}") == "expected an array of peers");
  CHECK(read(R"([{"id":"B","url":"http://b"}])") ==
        "[0].id: expected 1 to 63 of a-z, 0-9, _ and -");
  CHECK(read(R"([{"url":"http://b"}])") == "[0].id: expected 1 to 63 of a-z, 0-9, _ and -");
  for (const char *url :
       {"b:8787", "ftp://b", "http://", "http://u@b", "http://b/?x", "http://b c"}) {
    CAPTURE(url);
    CHECK(read(R"([{"id":"b","url":")" + std::string(url) + "\"}]") ==
          "[0].url: expected http://host:port or https://host:port");
  }
  CHECK(read(R"([{"id":"b","url":"http://b"},{"id":"b","url":"http://c"}])") ==
        "[1].id: given twice");
  CHECK(read(R"([{"id":"b","url":"http://b","x":1}])").find("x") != std::string::npos);
  CHECK(read(R"([{"id":"b","url":"http://b#x"}])").substr(0, 8) == "[0].url:");
  CHECK(read("[{\"id\":\"b\",\"url\":\"http://b\\u007f\"}]").substr(0, 8) == "[0].url:");
  CHECK(read(R"([{"id":"classic-b","url":"http://b"}])") ==
        "[0].id: names that begin with classic- are those of _replication_slaves");
}

TEST_CASE("peers: the limits are inclusive") {
  const auto of = [](size_t id, size_t url) {
    return "[{\"id\":\"" + std::string(id, 'i') + "\",\"url\":\"http://" +
           std::string(url - 7, 'h') + "\"}]";
  };
  CHECK(read(of(63, 2'048)) == of(63, 2'048));
  CHECK(read(of(64, 2'048)).substr(0, 7) == "[0].id:");
  CHECK(read(of(63, 2'049)).substr(0, 8) == "[0].url:");
}

TEST_CASE("classic peers: each has an id of its own, which is one that a metric can show") {
  const std::string longest = "http://" + std::string(200, 'h') + ":1";
  const auto peers = parse_classic_peers("http://a.b:1,http://a-b:1/,http://A_B:2,http://a.b:1/," +
                                         longest + "," + longest + "1");
  REQUIRE(peers);
  REQUIRE(peers.value().size() == 5);  // one was there twice
  std::set<std::string> ids;
  for (const Peer &peer : peers.value()) {
    CAPTURE(peer.id);
    CHECK(peer.id.rfind("classic-", 0) == 0);
    CHECK(peer.id.size() <= 63);
    CHECK(peer.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos);
    CHECK(peer.kind == Peer::Kind::kClassic);
    ids.insert(peer.id);
  }
  CHECK(ids.size() == 5);
  CHECK(to_urls(peers.value()).substr(0, 38) == "http://a.b:1,http://a-b:1,http://A_B:2");
}

TEST_CASE("cursor: it survives being kept, and a damaged one is refused") {
  const std::string kept = to_json(Cursor{1, 2, UINT64_MAX, 4});
  const auto cursor = parse_cursor(kept);
  REQUIRE(cursor);
  CHECK(to_json(cursor.value()) == kept);
  CHECK_FALSE(parse_cursor("{}"));
  CHECK_FALSE(parse_cursor(kept.substr(1)));
}

TEST_SUITE_END();
