// SPDX-License-Identifier: Apache-2.0
// A source that is reset, with more history than is read at once.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

const std::vector<std::string> kJson = {"Content-Type: application/json"};

std::string bulk(int keys, const std::string &rest) {
  std::string body;
  for (int i = 0; i < keys; ++i) {
    body += (i == 0 ? "[" : ",") + ("{\"key\":\"k" + std::to_string(i)) + "\"," + rest + "}";
  }
  return body + "]";
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("reset: peers come to rest with what was written since, whether they are new or not") {
  for (const std::string backend : {"memory", "sqlite"}) {
    CAPTURE(backend);
    Node source(backend);
    Node known("memory");
    Node fresh("memory");
    source.push_to({&known});
    const auto puts =
        source.request("POST", "/v1/bulk", bulk(3'000, R"("op":"put","value":"old")"), kJson);
    REQUIRE(puts.status == 200);
    source.request("POST", "/v1/bulk", bulk(2'000, R"("op":"delete")"), kJson);
    REQUIRE(eventually([&] { return at_rest({&source}) && same_contents({&source, &known}); }));
    const std::string before = known.contents();
    const std::string sent = source.status("sent");
    REQUIRE(source.request("POST", "/v1/admin/reset", "{}", kJson).status == 200);
    REQUIRE(source.request("PUT", "/v1/kv/after", "1").status == 201);
    source.push_to({&known, &fresh});
    CHECK(eventually([&] { return at_rest({&source}) && fresh.contents() == "after=1\n"; }));
    CHECK(known.contents() == "after=1\n" + before);
    CHECK(source.status("state", 1) == "streaming");
    CHECK(source.status("sent", 1) == "1");
    CHECK(source.status("sent") == std::to_string(std::stoi(sent) + 1));
  }
}

TEST_SUITE_END();
