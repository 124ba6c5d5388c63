// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/metrics.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using navistore::telemetry::MetricsText;
using navistore::telemetry::RequestMetrics;

namespace {

// The samples of answered requests, a line each.
std::string counts(const RequestMetrics &metrics) {
  std::string text;
  MetricsText writer(text);
  metrics.write(writer);
  const std::string name = "navistore_http_requests_total{";
  std::string found;
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const size_t start = at + name.size();
    found += text.substr(start, text.find('\n', start) + 1 - start);
  }
  return found;
}

}  // namespace

TEST_SUITE("core/telemetry") {
  TEST_CASE("metrics: a counter goes on beyond 2^32, and adds up what threads counted") {
    RequestMetrics metrics({"item", "list"});
    metrics.count(0, 200, 0xFFFF'FFFF);
    metrics.count(0, 200);
    std::thread([&] { metrics.count(0, 200, 5); }).join();
    metrics.count(1, 511);
    CHECK(counts(metrics) ==
          "route=\"item\",code=\"200\"} 4294967301\nroute=\"list\",code=\"511\"} 1\n");
  }

  TEST_CASE("metrics: a status that is none is not counted") {
    RequestMetrics metrics({"item"});
    for (const int status : {-1, 0, 199, 512, 600}) metrics.count(0, status);
    CHECK(counts(metrics).empty());
  }
}
