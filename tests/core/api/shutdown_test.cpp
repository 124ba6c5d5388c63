// SPDX-License-Identifier: Apache-2.0
// The end of a service while other threads still work for clients that are gone.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>

#include "tests/core/api/served.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using namespace std::chrono_literals;
using navistore::Lock;
using navistore::http::testing::RawClient;
using navistore::store::testing::Trial;
using testing::request;
using testing::Served;

namespace {

void wait_inside(Trial &trial, unsigned calls) {
  const Lock lock(trial.mutex);
  while (trial.waiting < calls) trial.changed.wait(trial.mutex);
}

void release(Trial &trial) {
  const Lock lock(trial.mutex);
  trial.held = trial.reads_held = false;
  trial.changed.notify_all();
}

// The client goes without its answer, then the server.
void leave(Served &served, RawClient client) {
  client.reset();
  served.server.reset();
}

std::string many_items(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += R"({"op":"put","key":"k)" + std::to_string(i) + R"(","value":")" +
             std::string(1'000, 'v') + "\"}\n";
  }
  return lines;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("shutdown: the service stays until a read on the reader pool is done") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Served served(Trial::backend());
  {
    const Lock lock(trial.mutex);
    trial.reads_held = true;
  }
  RawClient client = served.connect();
  client.send(
      request("POST /v1/bulk/get", "Content-Type: application/json\r\n", R"({"keys":["a","b"]})"));
  wait_inside(trial, 1);
  leave(served, std::move(client));
  auto end = std::async(std::launch::async, [&] { served.rig.end_service(); });
  CHECK(end.wait_for(200ms) == std::future_status::timeout);
  release(trial);
  end.get();
}

TEST_CASE("shutdown: what waits for the store outlives the service, and finds nobody") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Served served(Trial::backend());
  {
    const Lock lock(trial.mutex);
    trial.held = true;
  }
  RawClient client = served.connect();
  client.send(request("PUT /v1/kv/a", "", "1"));
  wait_inside(trial, 1);
  leave(served, std::move(client));
  served.rig.end_service();
  release(trial);
  CHECK(navistore::store::testing::eventually(
      [&] { return navistore::store::testing::get(served.rig.store(), "a") == "1"; }));
}

TEST_CASE("shutdown: an export that streams, bulk writes and lists end with their server") {
  for (size_t round = 0; round < 20; ++round) {
    Served served(navistore::store::testing::memory_backend());
    RawClient writer = served.connect();
    const std::string lines = "Content-Type: application/x-ndjson\r\n";
    writer.send(request("POST /v1/bulk", lines, many_items(4'000)));
    REQUIRE(writer.receive_answer().find("200") == 9);
    RawClient exported = served.connect();
    exported.send(request("GET /v1/kv?include=values", "Accept: application/x-ndjson\r\n", ""));
    RawClient read = served.connect();
    read.send(request("GET /v1/kv?include=values&limit=10000", "", ""));
    writer.send(request("POST /v1/bulk", lines, many_items(1'000)));
    exported.receive(1 + round * 50'000);
    served.server.reset();
    served.rig.end_service();
  }
}

TEST_SUITE_END();
