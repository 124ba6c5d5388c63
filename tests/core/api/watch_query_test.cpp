// SPDX-License-Identifier: Apache-2.0
// What a watch may be asked for, and how everything else is refused.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/api/driver.hpp"

using navistore::api::testing::Rig;

namespace {

// Status, problem and detail.
std::string refusal(Rig &rig, const std::string &request) {
  const std::string answer = rig.ask("GET /v1/watch" + request);
  const auto member = [&](const std::string &name) {
    const std::string mark = "\"" + name + "\":\"";
    const size_t from = answer.find(mark);
    if (from == std::string::npos) return std::string("none");
    return answer.substr(from + mark.size(), answer.find("\",", from) - from - mark.size());
  };
  return answer.substr(0, 3) + " " + member("type").substr(22) + ": " + member("detail");
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("watch: what it cannot be asked for is a problem that says why") {
  Rig rig;
  const std::string poll = "\nAccept: application/json";
  const std::string kinds = "400 bad-request: events: expected a list of put, delete and expire";
  const std::string since = "400 bad-request: since: expected a cursor, now or 0";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"?foo=1", "400 unknown-parameter: this resource has no query parameter 'foo'"},
      {"?prefix=a&prefix=b", "400 bad-request: query parameter 'prefix' was given twice"},
      {"?prefix=a&key=a", "400 bad-request: prefix, key and key64 exclude each other"},
      {"?key=a&key64=YQ", "400 bad-request: prefix, key and key64 exclude each other"},
      {"?key=", "400 key-invalid: the key is empty"},
      {"?key=" + std::string(1025, 'k'), "414 key-too-long: the key is longer than 1024 bytes"},
      {"?key64=%21", "400 key-invalid: key64: expected base64url without padding"},
      {"?since=yesterday", since},
      {"?since=42", since},
      {"?since=$E", since},
      {"?since=$E.x", since},
      {"\nLast-Event-ID: 42", "400 bad-request: Last-Event-ID: not a cursor that this server gave"},
      {"?since=now\nLast-Event-ID: now",
       "400 bad-request: Last-Event-ID: not a cursor that this server gave"},
      {"?events=", kinds},
      {"?events=put,clear", kinds},
      {"?include=keys", "400 bad-request: include: expected meta or values"},
      {"?include=all", "400 bad-request: include: expected meta or values"},
      {"?initial=yes", "400 bad-request: initial: expected true or false"},
      {"?initial=true&events=delete",
       "400 bad-request: initial: what is there is shown as puts, which events leaves out"},
      {"?initial=true" + poll,
       "400 bad-request: initial: a long poll cannot show what is there; list it, then watch"},
      {"?encoding=hex", "400 bad-request: encoding: expected text or base64"},
      {"?wait=5", "400 bad-request: limit and wait have a meaning only for a long poll"},
      {"?limit=5", "400 bad-request: limit and wait have a meaning only for a long poll"},
      {"?limit=0" + poll, "400 bad-request: limit: expected a number from 1 to 10000"},
      {"?wait=601" + poll, "400 bad-request: wait: expected a number from 0 to 600"},
      {"?wait=-1" + poll, "400 bad-request: wait: expected a number from 0 to 600"},
      {poll + "\nPrefer: wait=soon", "400 bad-request: Prefer: wait: expected whole seconds"},
      {"\nAccept: text/html",
       "406 not-acceptable: events come as text/event-stream, application/x-ndjson or "
       "application/json"},
  };
  for (const auto &[request, expected] : rows) CHECK(refusal(rig, request) == expected);
}

TEST_CASE("watch: Accept chooses the form, and HEAD shows it") {
  Rig rig;
  const auto type = [&](const std::string &accept) {
    const std::string answer =
        rig.ask("HEAD /v1/watch" + (accept.empty() ? "" : "\nAccept: " + accept));
    const size_t from = answer.find("Content-Type: ") + 14;
    return answer.substr(from, answer.find('\n', from) - from);
  };
  CHECK(type("") == "text/event-stream");
  CHECK(type("*/*") == "text/event-stream");
  CHECK(type("text/event-stream") == "text/event-stream");
  CHECK(type("application/x-ndjson") == "application/x-ndjson");
  CHECK(type("application/json") == "application/json");
  CHECK(type("application/json, text/plain, */*") == "application/json");
  CHECK(type("application/json;q=0.5, */*;q=0.8") == "text/event-stream");
}

TEST_CASE("watch: other methods are refused, OPTIONS tells which there are") {
  Rig rig;
  CHECK(rig.status("PUT /v1/watch\n\nx") == "405");
  CHECK(rig.body("OPTIONS /v1/watch") == R"({"allow":["GET","HEAD","OPTIONS"]})");
}

TEST_SUITE_END();
