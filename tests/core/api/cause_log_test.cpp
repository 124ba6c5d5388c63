// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "core/telemetry/line_limit.hpp"
#include "core/telemetry/log.hpp"
#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using navistore::api::testing::Rig;
using navistore::store::testing::ScratchDirectory;
using navistore::store::testing::Trial;
using navistore::telemetry::LineLimit;

namespace {

std::string content(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

size_t occurrences(const std::string &text, const std::string &part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("log: a line of a kind passes once a second, with the number of those left out") {
  LineLimit limit;
  const LineLimit::Clock::time_point start;
  const auto admit = [&](size_t kind, int ms) {
    const auto left_out = limit.admit(kind, start + std::chrono::milliseconds(ms));
    return left_out ? std::to_string(*left_out) : "-";
  };
  CHECK(admit(0, 0) == "0");
  CHECK(admit(0, 1) == "-");
  CHECK(admit(1, 2) == "0");
  CHECK(admit(0, 999) == "-");
  CHECK(admit(0, 1'000) == "2");
  CHECK(admit(0, 1'001) == "-");
  CHECK(admit(0, 9'000) == "1");
}

TEST_CASE("log: what the backend said of a failure is in the log, with the request's id") {
  const ScratchDirectory directory;
  const std::string path = directory.path("log");
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  REQUIRE(navistore::telemetry::log_to_file(path));
  {
    const navistore::Lock lock(trial.mutex);
    trial.read_status = NAVI_DENIED;
  }
  const std::string answer = rig.body("GET /v1/kv/a");
  CHECK(answer.find("urn:navistore:problem:backend-unavailable") != std::string::npos);
  CHECK(answer.find("told to") == std::string::npos);
  for (int i = 0; i < 100; ++i) rig.ask("GET /v1/kv?prefix=a");
  CHECK(occurrences(content(path), "request t failed: read: ") == 1);
  CHECK(occurrences(content(path), "told to") >= 1);
  CHECK(occurrences(content(path), "request t failed: ") <= 5);
}

TEST_SUITE_END();
