// SPDX-License-Identifier: Apache-2.0
// Servers whose clocks differ.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

// Servers that are started meanwhile have a clock that is ahead.
class ClockAhead {
 public:
  explicit ClockAhead(int seconds) {
    ::setenv("NAVISTORE_TEST_CLOCK_SHIFT_S", std::to_string(seconds).c_str(), 1);
    ::setenv("LD_PRELOAD", SHIFTED_CLOCK, 1);
    const char *options = ::getenv("ASAN_OPTIONS");
    const std::string more = options == nullptr ? "" : std::string(options) + ":";
    ::setenv("ASAN_OPTIONS", (more + "verify_asan_link_order=0").c_str(), 1);
  }
  ~ClockAhead() {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("NAVISTORE_TEST_CLOCK_SHIFT_S");
  }
  ClockAhead(const ClockAhead &) = delete;
  ClockAhead &operator=(const ClockAhead &) = delete;
};

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("clock: what is stamped ten minutes ahead is refused, visibly, and nothing is applied") {
  Node peer("memory");
  const ClockAhead ten_minutes(600);
  Node source("memory");
  source.request("PUT", "/v1/kv/a", "1");
  source.push_to({&peer});
  CHECK(eventually([&] { return source.status("state") == "refused"; }));
  CHECK(source.status("last_error").find("ahead of this server's clock") != std::string::npos);
  CHECK(source.status("lag_revisions") == "1");
  CHECK(peer.received("applied") == "0");
  CHECK(peer.received("refused_batches") != "0");
  CHECK(peer.contents().empty());
}

TEST_CASE("clock: a write that follows another wins, though its server's clock is behind") {
  Node behind("memory");
  const ClockAhead two_minutes(120);
  Node ahead("memory");
  ahead.push_to({&behind});
  behind.push_to({&ahead});
  ahead.request("PUT", "/v1/kv/a", "1");
  ahead.request("PUT", "/v1/kv/b", "1");
  REQUIRE(eventually([&] { return behind.contents() == "a=1\nb=1\n"; }));
  behind.request("PUT", "/v1/kv/a", "2");
  behind.request("DELETE", "/v1/kv/b");
  CHECK(eventually([&] { return ahead.contents() == "a=2\n"; }));
  CHECK(eventually([&] { return at_rest({&ahead, &behind}); }));
  CHECK(behind.contents() == "a=2\n");
}

TEST_CASE("clock: a restart with an earlier clock loses nothing") {
  Node peer("memory");
  auto two_minutes = std::make_unique<ClockAhead>(120);
  Node source("sqlite");
  source.push_to({&peer});
  source.request("PUT", "/v1/kv/a", "1");
  source.request("PUT", "/v1/kv/b", "1");
  REQUIRE(eventually([&] { return peer.contents() == "a=1\nb=1\n"; }));
  source.stop();
  two_minutes.reset();
  source.start();
  source.request("PUT", "/v1/kv/a", "2");
  source.request("DELETE", "/v1/kv/b");
  source.request("PUT", "/v1/kv/c", "3");
  CHECK(eventually([&] { return peer.contents() == "a=2\nc=3\n"; }));
}

TEST_SUITE_END();
