// SPDX-License-Identifier: Apache-2.0
// What is kept of a request that waits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "core/api/detached.hpp"
#include "tests/core/api/driver.hpp"

using namespace navistore::api;
using navistore::http::Method;
using navistore::http::Request;
using testing::Answer;
using testing::Rig;

namespace {

Request put_with_many_fields() {
  Request request;
  request.method = Method::kPut;
  request.method_name = "PUT";
  request.path = "/v1/kv/a";
  request.query = "ttl=5s";
  request.body = "red";
  request.content_length = 3;
  request.fields = {{"Host", "x"},
                    {"User-Agent", "curl"},
                    {"content-type", "text/plain"},
                    {"Cookie", "c"},
                    {"Prefer", "wait=1"},
                    {"Prefer", "replicate=1"},
                    {"Navi-Meta-owner", "o"},
                    {"Navi-Metal", "m"},
                    {"Authorization", "a"},
                    {"last-event-id", "1"},
                    {"Last-Event-Ib", "2"}};
  return request;
}

// "PUT /v1/kv/a?ttl=5s [red] Name=value ..."
std::string shown(const Request &request) {
  std::string text = std::string(request.method_name) + " " + std::string(request.path);
  if (request.query) text.append("?").append(*request.query);
  text.append(" [").append(request.body).append("]");
  for (const auto &field : request.fields) {
    text.append(" ").append(field.name).append("=").append(field.value);
  }
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("detached: of the fields of a request only those stay that may be looked at") {
  Request request = put_with_many_fields();
  const RequestCopy copy(request, Body::kKeep);
  CHECK(shown(copy.request()) ==
        "PUT /v1/kv/a?ttl=5s [red] content-type=text/plain Prefer=wait=1 Prefer=replicate=1 "
        "Navi-Meta-owner=o last-event-id=1");
  CHECK(copy.request().content_length == 3);
  CHECK(copy.request().fields.capacity() == copy.request().fields.size());
  request.method = Method::kGet;  // which has no metadata to keep
  const RequestCopy get(request, Body::kDrop);
  CHECK(shown(get.request()) ==
        "PUT /v1/kv/a?ttl=5s [] content-type=text/plain Prefer=wait=1 Prefer=replicate=1 "
        "last-event-id=1");
}

TEST_CASE("detached: every field that a resource looks at stays, in whatever case") {
  for (const std::string name :
       {"Accept", "Prefer", "If-Match", "Navi-TTL", "Content-Type", "X-Request-Id", "If-None-Match",
        "Content-Range", "Content-Encoding", "Navi-Min-Revision", "Last-Event-ID"}) {
    CAPTURE(name);
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    CHECK(is_looked_at(name, Method::kGet));
    CHECK(is_looked_at(lower, Method::kGet));
    CHECK_FALSE(is_looked_at(name + "s", Method::kGet));
  }
}

TEST_CASE("detached: a write that waited for its revision has all that was sent with it") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string next = std::to_string(rig.store().revision() + 1);
  const Answer later = rig.start(
      "PUT /v1/kv/b\nContent-Type: text/css\nNavi-Meta-owner: me\n"
      "Prefer: wait=60\nNavi-Min-Revision: $E." +
      next + "\n\nred");
  CHECK_FALSE(later.ready());
  rig.ask("PUT /v1/kv/a\n\n2");
  CHECK(later.text().compare(0, 3, "201") == 0);
  const std::string answer = rig.start("GET /v1/kv/b").text();
  CHECK(answer.find("Content-Type: text/css") != std::string::npos);
  CHECK(answer.find("Navi-Meta-owner: me") != std::string::npos);
  CHECK(answer.find("\n\nred") != std::string::npos);
}

TEST_SUITE_END();
