// SPDX-License-Identifier: Apache-2.0
// Networks that drop everything, and readers who know what they wrote.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

// The status of a read at the replica that must have the revision, and its body when there is one.
std::string read_at(Node &replica, const std::string &revision, const std::string &wait = {}) {
  std::vector<std::string> fields{"Navi-Min-Revision: " + revision};
  if (!wait.empty()) fields.push_back("Prefer: wait=" + wait);
  const HttpAnswer answer = replica.request("GET", "/v1/kv/a", {}, fields);
  const bool behind = answer.body.find("replica-behind") != std::string::npos;
  return std::to_string(answer.status) + " " + (behind ? "replica-behind" : answer.body);
}

std::string write(Node &source, const std::string &value) {
  return source.request("PUT", "/v1/kv/a", value).fields["navi-revision"];
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("partition: while nothing passes the lag shows, and it goes when packets pass again") {
  Node source("memory");
  Node peer("memory");
  source.push_to({&peer});
  write(source, "0");
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  peer.cable().stall();
  for (int i = 1; i <= 40; ++i) write(source, std::to_string(i));
  CHECK(source.status("lag_revisions") == "40");
  CHECK(eventually([&] {
    const std::string metrics = source.request("GET", "/metrics").body;
    return metrics.find("navistore_replication_lag_seconds{peer=\"p0\"} 1\n") != std::string::npos;
  }));
  CHECK(source.status("lag_revisions") == "40");
  CHECK(peer.contents() == "a=0\n");
  peer.cable().mend();
  CHECK(eventually([&] { return at_rest({&source}); }));
  CHECK(peer.contents() == "a=40\n");
  CHECK(source.status("lag_revisions") == "0");
}

TEST_CASE("partition: a replica answers a read that names a revision once it has that") {
  Node source("memory");
  Node replica("memory", {"--read-only"});
  CHECK(read_at(replica, "0123456789abcdef.1", "60") == "503 replica-behind");
  source.push_to({&replica});
  write(source, "first");  // until something came, the replica does not know the source's epoch
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  for (int i = 0; i < 50; ++i) {
    const std::string value = std::to_string(i);
    CHECK(read_at(replica, write(source, value), "60") == "200 " + value);
  }
}

TEST_CASE(
    "partition: a replica that is cut off says that it is behind, at once or after the wait") {
  Node source("memory");
  Node replica("memory");
  source.push_to({&replica});
  const std::string first = write(source, "1");
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  REQUIRE(read_at(replica, first, "60") == "200 1");
  replica.cable().cut();
  const std::string second = write(source, "2");
  CHECK(read_at(replica, second) == "503 replica-behind");
  CHECK(read_at(replica, second, "1") == "503 replica-behind");
  CHECK(read_at(replica, first) == "200 1");
  replica.cable().mend();
  CHECK(read_at(replica, second, "60") == "200 2");
}

TEST_CASE("partition: a replica that was wiped is behind until it was given everything again") {
  Node source("memory");
  Node replica("memory");
  source.push_to({&replica});
  const std::string first = write(source, "1");
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  REQUIRE(read_at(replica, first, "60") == "200 1");
  replica.cable().stall();
  REQUIRE(
      replica.request("POST", "/v1/admin/reset", "{}", {"Content-Type: application/json"}).status ==
      200);
  CHECK(read_at(replica, first) == "503 replica-behind");
  replica.cable().mend();
  std::string answer;
  CHECK(eventually([&] {
    answer = read_at(replica, first);
    return answer != "503 replica-behind";
  }));
  CHECK(answer == "200 1");
}

TEST_SUITE_END();
