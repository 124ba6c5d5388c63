// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle.hpp"

#include <doctest/doctest.h>

using navistore::connections_within;

TEST_SUITE("core/lifecycle") {
  TEST_CASE("lifecycle: connections leave descriptors to the store") {
    navistore::http::ServerOptions options;
    options.max_connections = 20'000;
    CHECK(connections_within(20'640, options) == 20'000);
    CHECK(connections_within(20'639, options) == 19'999);
    CHECK(connections_within(1024, options) == 512);
    CHECK(connections_within(64, options) == 32);
    options.max_connections = 10;
    CHECK(connections_within(1024, options) == 10);
  }
}
