// SPDX-License-Identifier: Apache-2.0
#include "core/replication/peer.hpp"

#include <doctest/doctest.h>

#include <string>

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
