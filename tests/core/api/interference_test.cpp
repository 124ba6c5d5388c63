// SPDX-License-Identifier: Apache-2.0
// What happens when something comes between: other writers, a store that fails midway, a bug of
// ours.
#include <doctest/doctest.h>

#include <regex>
#include <stdexcept>

#include "tests/core/api/driver.hpp"
#include "tests/core/api/served.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::Lock;
using navistore::store::testing::Trial;
using navistore::store::testing::TrialDisk;
using testing::brief;
using testing::request;
using testing::Rig;
using testing::Served;

namespace {

std::string padded(int number) {
  const std::string digits = std::to_string(1'000 + number);
  return digits.substr(1);
}

void put_many(Rig &rig, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += R"({"op":"put","key":"k/)" + padded(i) + "\",\"value\":\"v\"}\n";
  }
  REQUIRE(rig.status("POST /v1/bulk\nContent-Type: application/x-ndjson\n\n" + lines) == "200");
}

std::string plain(std::string text) {
  return std::regex_replace(text, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
}

uint64_t count(Rig &rig) {
  const std::string answer = rig.body("GET /v1/kv?count=only");
  return std::stoul(answer.substr(answer.find(':') + 1));
}

// The next apply() but `after` answers with this status and changes nothing.
void fail_apply(Trial &trial, navi_status status, unsigned after) {
  const Lock lock(trial.mutex);
  trial.next_status = status;
  trial.next_after = after;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("range delete: what no single transaction takes goes in several, and says so") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  put_many(rig, 300);  // a transaction takes 128
  rig.ask("PUT /v1/kv/z\n\n1");
  CHECK(plain(rig.body("DELETE /v1/kv?prefix=k/&expect=300")) ==
        R"({"deleted":300,"revision":R,"atomic":false})");
  CHECK(rig.dump() == "z=1");
}

TEST_CASE("range delete: a failure in the middle tells what is gone and where to go on") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  put_many(rig, 300);
  fail_apply(trial, NAVI_NO_SPACE, 1);
  const std::string answer = rig.body("DELETE /v1/kv?prefix=k/");
  CHECK(answer.find("urn:navistore:problem:outcome-unknown") != std::string::npos);
  CHECK(answer.find("\"status\":503") != std::string::npos);
  CHECK(answer.find("a part of the range was deleted: ") != std::string::npos);
  CHECK(answer.find("\"deleted\":128,") != std::string::npos);
  CHECK(count(rig) == 172);
  std::smatch cursor;
  REQUIRE(std::regex_search(answer, cursor, std::regex("\"cursor\":\"([^\"]+)\"")));
  CHECK(plain(rig.body("DELETE /v1/kv?prefix=k/&cursor=" + cursor[1].str())) ==
        R"({"deleted":172,"revision":R,"atomic":false})");
  CHECK(rig.dump().empty());
}

TEST_CASE("range delete: a failure at its beginning changed nothing") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  put_many(rig, 3);
  fail_apply(trial, NAVI_NO_SPACE, 0);
  CHECK(rig.ask("DELETE /v1/kv?prefix=k/").find("problem:storage-full") != std::string::npos);
  CHECK(count(rig) == 3);
}

TEST_CASE("list: prefixes are folded in one state though a writer comes before each scan") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  for (const char *key : {"a", "m/x", "m/y", "z"})
    rig.ask("PUT /v1/kv/" + std::string(key) + "\n\n0");
  int number = 0;
  {
    const Lock lock(trial.mutex);
    trial.before_scan = [&number](TrialDisk &disk) {  // writes one number into both
      ++disk.revision;
      for (const char *key : {"a", "z"}) {
        disk.items[key].value = std::to_string(number);
        disk.items[key].revision = disk.revision;
      }
      ++number;
    };
  }
  const std::string list = rig.body("GET /v1/kv?delimiter=/&include=values");
  CHECK(list.find("\"prefixes\":[\"m/\"]") != std::string::npos);
  std::smatch values;
  REQUIRE(std::regex_search(list, values,
                            std::regex("\"value\":\"([0-9]+)\".*\"value\":\"([0-9]+)\"")));
  CHECK(values[1].str() == values[2].str());
  CHECK(number > 4);  // it tried before it read through
  const Lock lock(trial.mutex);
  trial.before_scan = nullptr;
}

TEST_CASE("server: an exception in a handler is 500 that tells no secret, and the server goes on") {
  ServiceOptions options;
  options.more_metrics = [](navistore::telemetry::MetricsText &) {
    throw std::runtime_error("password=hunter2");
  };
  const Served served(navistore::store::testing::memory_backend(), std::move(options));
  auto client = served.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(request("GET /metrics", "", ""));
    const std::string answer = client.receive_answer();
    CHECK(answer.find("500") == 9);
    CHECK(answer.find("Content-Type: application/problem+json\r\n") != std::string::npos);
    CHECK(brief(answer).find("500 {\"type\":\"urn:navistore:problem:internal\"") == 0);
    CHECK(answer.find("hunter2") == std::string::npos);
    client.send(request("PUT /v1/kv/a", "", std::to_string(i)));
    CHECK(brief(client.receive_answer()).front() == '2');
  }
}

TEST_SUITE_END();
