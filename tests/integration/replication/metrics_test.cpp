// SPDX-License-Identifier: Apache-2.0
// What /metrics says of peers.
#include <doctest/doctest.h>

#include <string>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

// The value of one sample; "missing".
std::string sample(Node &node, const std::string &name) {
  const std::string text = node.request("GET", "/metrics").body;
  const size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return "missing";
  const size_t from = at + name.size() + 2;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("metrics: they show of each peer what the status does, and what came from others") {
  Node source("memory");
  Node peer("memory");
  source.push_to({&peer});
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  for (const char *key : {"a", "b", "c"}) source.request("PUT", std::string("/v1/kv/") + key, "1");
  REQUIRE(eventually([&] { return at_rest({&source}); }));
  source.request("POST", "/v1/replication/peers/p0/resync", "{}",
                 {"Content-Type: application/json"});
  REQUIRE(eventually([&] { return source.status("ignored") == "3" && at_rest({&source}); }));
  source.request("PUT", "/v1/kv/d", "1");
  REQUIRE(eventually([&] { return source.status("sent") == "7" && at_rest({&source}); }));
  peer.push_to({&peer});
  REQUIRE(eventually([&] { return peer.status("state") == "refused"; }));
  peer.cable().cut();  // from now on no figure moves
  REQUIRE(eventually(
      [&] { return source.status("state") == "retrying" && peer.status("state") == "retrying"; }));
  const std::string of = "{peer=\"p0\"}";
  for (const std::string figure : {"cursor", "lag_revisions"}) {
    CHECK(sample(source, "navistore_replication_" + figure + of) == source.status(figure));
  }
  CHECK(source.status("sent") == "7");
  CHECK(sample(source, "navistore_replication_sent_total" + of) == "7");
  CHECK(sample(source, "navistore_replication_ignored_total" + of) == "3");
  CHECK(sample(source, "navistore_replication_state{peer=\"p0\",state=\"retrying\"}") == "1");
  CHECK(sample(source, "navistore_replication_state{peer=\"p0\",state=\"streaming\"}") ==
        "missing");
  CHECK(sample(source, "navistore_replication_last_ok_seconds" + of).size() == 10);
  CHECK(sample(peer, "navistore_replication_applied_total") == "4");
  CHECK(sample(peer, "navistore_replication_not_needed_total") == "3");
  CHECK(peer.received("refused_batches") != "0");
  CHECK(sample(peer, "navistore_replication_refused_total") == peer.received("refused_batches"));
}

TEST_SUITE_END();
