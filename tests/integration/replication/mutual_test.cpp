// SPDX-License-Identifier: Apache-2.0
// Servers that push to one another in circles.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

constexpr int kWrites = 500;
constexpr int kKeys = 20;

void conflict(uint16_t port, unsigned seed) {
  std::minstd_rand random(seed);
  HttpClient client(port);
  for (int i = 0; i < kWrites; ++i) {
    const std::string target = "/v1/kv/k" + std::to_string(random() % kKeys);
    const bool remove = random() % 3 == 0;
    client.request(remove ? "DELETE" : "PUT", target,
                   remove ? "" : std::to_string(seed) + "." + std::to_string(i));
  }
}

void write_everywhere(const std::vector<Node *> &nodes) {
  std::vector<std::thread> writers;
  unsigned seed = 1;
  for (Node *node : nodes) writers.emplace_back(conflict, node->port(), seed++);
  for (std::thread &writer : writers) writer.join();
}

std::string applies(const std::vector<Node *> &nodes) {
  std::string text;
  for (Node *node : nodes) {
    text += node->received("applied") + "/" + node->received("ignored") + " ";
  }
  return text;
}

// Nothing is applied any more while every server calls every peer once again.
bool traffic_stops(const std::vector<Node *> &nodes) {
  const std::string before = applies(nodes);
  for (Node *node : nodes) {
    const std::string heard = node->status("last_ok");
    if (!eventually([&] { return node->status("last_ok") != heard; })) return false;
  }
  return applies(nodes) == before;
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("mutual: one write to two mutual peers causes exactly two applies") {
  Node left("memory");
  Node right("memory");
  left.push_to({&right});
  right.push_to({&left});
  REQUIRE(eventually([&] { return at_rest({&left, &right}); }));
  REQUIRE(left.request("PUT", "/v1/kv/a", "1").status == 201);
  CHECK(eventually([&] { return left.received("ignored") == "1"; }));
  CHECK(right.received("applied") == "1");
  CHECK(traffic_stops({&left, &right}));
  CHECK(applies({&left, &right}) == "0/1 1/0 ");
}

TEST_CASE("mutual: conflicting puts and deletes on two servers end the same, and traffic stops") {
  Node left("memory");
  Node right("sqlite", {"--durability", "relaxed"});
  left.push_to({&right});
  right.push_to({&left});
  write_everywhere({&left, &right});
  CHECK(eventually([&] { return at_rest({&left, &right}) && same_contents({&left, &right}); }));
  CHECK(traffic_stops({&left, &right}));
  CHECK(same_contents({&left, &right}));
}

TEST_CASE("ring: conflicting puts and deletes on three servers end the same, and traffic stops") {
  Node first("memory");
  Node second("memory");
  Node third("memory");
  const std::vector<Node *> ring{&first, &second, &third};
  first.push_to({&second});
  second.push_to({&third});
  third.push_to({&first});
  write_everywhere(ring);
  CHECK(eventually([&] { return at_rest(ring) && same_contents(ring); }));
  CHECK(traffic_stops(ring));
  CHECK(same_contents(ring));
}

TEST_CASE("mutual: a transaction of the feed is applied under one revision") {
  Node first("memory");
  Node second("memory");
  first.push_to({&second});
  // From the feed: a full resync copies a state, item by item.
  REQUIRE(eventually([&] { return at_rest({&first}); }));
  const std::string both =
      R"({"do":[{"op":"put","key":"a","value":"1"},{"op":"put","key":"b","value":"1"}]})";
  REQUIRE(first.request("POST", "/v1/txn", both, {"Content-Type: application/json"}).status == 200);
  REQUIRE(eventually([&] { return second.contents() == "a=1\nb=1\n"; }));
  CHECK(second.request("GET", "/v1/kv/a").fields["etag"] ==
        second.request("GET", "/v1/kv/b").fields["etag"]);
}

TEST_SUITE_END();
