// SPDX-License-Identifier: Apache-2.0
// Blocking reads: no change is missed, and every wait ends.
#include <doctest/doctest.h>

#include <regex>

#include "tests/core/api/driver.hpp"

using namespace navistore::api;
using navistore::store::testing::eventually;
using testing::Answer;
using testing::Rig;

namespace {

std::string etag_of(Rig &rig, const std::string &path) {
  const std::string answer = rig.ask("GET " + path);
  std::smatch match;
  std::regex_search(answer, match, std::regex("ETag: (\"[^\n]*\")"));
  return match[1].str();
}

// Status and body, and whether the wait was acknowledged.
std::string outcome(const Answer &answer) {
  const std::string text = answer.text();
  const bool applied = text.find("Preference-Applied: wait=") != std::string::npos;
  const size_t body = text.find("\r\n\n");
  return text.substr(0, 3) + (applied ? " applied " : " ") +
         (text[0] == '2' ? text.substr(body + 3) : "");
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("wait: a get is answered when its key changes, is deleted, or is made") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string tag = etag_of(rig, "/v1/kv/a");
  const Answer changed = rig.start("GET /v1/kv/a\nIf-None-Match: " + tag + "\nPrefer: wait=60");
  const Answer made = rig.start("GET /v1/kv/b\nPrefer: wait=60");
  rig.ask("PUT /v1/kv/other\n\nx");
  CHECK_FALSE(changed.ready());
  rig.ask("PUT /v1/kv/a\n\n2");
  CHECK(outcome(changed) == "200 applied 2");
  CHECK_FALSE(made.ready());
  rig.ask("PUT /v1/kv/b\n\nnew");
  CHECK(outcome(made) == "200 applied new");
  const std::string next = etag_of(rig, "/v1/kv/a");
  const Answer deleted = rig.start("GET /v1/kv/a\nIf-None-Match: " + next + "\nPrefer: wait=60");
  rig.ask("DELETE /v1/kv/a");
  CHECK(outcome(deleted) == "404 applied ");
}

TEST_CASE("wait: what is different already is answered at once") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  CHECK(outcome(rig.start("GET /v1/kv/a\nPrefer: wait=60")) == "200 applied 1");
  CHECK(outcome(rig.start("GET /v1/kv/a\nIf-None-Match: \"old\"\nPrefer: wait=60")) ==
        "200 applied 1");
  CHECK(outcome(rig.start("GET /v1/kv/b\nIf-None-Match: \"old\"\nPrefer: wait=60")) ==
        "404 applied ");
  CHECK(outcome(rig.start("GET /v1/kv/b\nPrefer: wait=0")) == "404 applied ");
}

TEST_CASE("wait: time, expiry and shutdown end it") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string unchanged =
      "GET /v1/kv/a\nIf-None-Match: " + etag_of(rig, "/v1/kv/a") + "\nPrefer: wait=";
  CHECK(outcome(rig.start(unchanged + "1")) == "304 applied ");
  const Answer drained = rig.start(unchanged + "600");
  drained.drain();
  CHECK(outcome(drained) == "304 applied ");
  rig.ask("PUT /v1/kv/t?ttl=300ms\n\n1");
  const std::string tag = etag_of(rig, "/v1/kv/t");
  CHECK(outcome(rig.start("GET /v1/kv/t\nIf-None-Match: " + tag + "\nPrefer: wait=60")) ==
        "404 applied ");
}

TEST_CASE("wait: a list waits for its own prefix and for nothing else") {
  Rig rig;
  rig.ask("PUT /v1/kv/app/a\n\n1");
  const std::string path = "/v1/kv?prefix=app/&include=values";
  const std::string tag = etag_of(rig, path);
  rig.ask("PUT /v1/kv/zoo\n\n1");
  CHECK(etag_of(rig, path) == tag);
  CHECK(rig.status("GET " + path + "\nIf-None-Match: " + tag) == "304");
  const Answer list = rig.start("GET " + path + "\nIf-None-Match: " + tag + "\nPrefer: wait=60");
  rig.ask("PUT /v1/kv/zoo\n\n2");
  CHECK_FALSE(list.ready());
  rig.ask("DELETE /v1/kv/app/a");
  CHECK(outcome(list).substr(0, 34) == "200 applied {\"items\":[],\"prefixes\"");
  CHECK(etag_of(rig, path) != tag);
}

TEST_CASE("wait: a list is given only at a version that If-Match names") {
  Rig rig;
  rig.ask("PUT /v1/kv/app/a\n\n1");
  const std::string path = "/v1/kv?prefix=app/";
  const std::string tag = etag_of(rig, path);
  rig.ask("PUT /v1/kv/zoo\n\n1");
  for (const std::string shape : {"", "&count=only", "&as=json", "&include=values"}) {
    CAPTURE(shape);
    CHECK(rig.status("GET " + path + shape + "\nIf-Match: \"x\", " + tag) == "200");
    CHECK(rig.status("GET " + path + shape + "\nIf-Match: *") == "200");
    CHECK(rig.status("GET " + path + shape + "\nIf-Match: W/" + tag) == "412");
  }
  CHECK(rig.status("GET " + path + "\nIf-Match: " + tag + "\nIf-None-Match: " + tag) == "304");
  const Answer waits = rig.start("GET " + path + "\nIf-Match: " + tag + "\nIf-None-Match: " + tag +
                                 "\nPrefer: wait=60");
  CHECK_FALSE(waits.ready());
  rig.ask("PUT /v1/kv/app/t?ttl=1ms\n\n1");
  CHECK(waits.text().substr(0, 3) == "412");
  CHECK(rig.status("GET " + path + "\nIf-Match: " + tag) == "412");
  // While an item is due that was not removed yet there is no version to be told.
  CHECK(eventually([&] {
    const std::string other = rig.ask("GET " + path + "\nIf-Match: " + tag);
    return other.find(R"("current":"\"$E.)") != std::string::npos;
  }));
  CHECK(rig.status("HEAD " + path + "\nIf-Match: " + tag) == "412");
  CHECK(rig.status("GET " + path + "\nAccept: application/x-ndjson\nIf-Match: " + tag) == "412");
  CHECK(rig.status("GET " + path + "\nIf-Match: nonsense") == "400");
}

TEST_CASE("wait: a list wakes when one of its items expires") {
  Rig rig;
  rig.ask("PUT /v1/kv/app/t?ttl=300ms\n\n1");
  const std::string tag = etag_of(rig, "/v1/kv?prefix=app/");
  const Answer list =
      rig.start("GET /v1/kv?prefix=app/\nIf-None-Match: " + tag + "\nPrefer: wait=60");
  CHECK(outcome(list).substr(0, 23) == "200 applied {\"items\":[]");
}

TEST_CASE("wait: a revision that is not there yet is waited for") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const uint64_t next = rig.store().revision() + 1;
  const Answer later = rig.start("GET /v1/kv/a\nNavi-Min-Revision: $E." + std::to_string(next) +
                                 "\nPrefer: wait=60");
  CHECK_FALSE(later.ready());
  rig.ask("PUT /v1/kv/b\n\n1");
  CHECK(outcome(later) == "200 applied 1");
  // Of another epoch it never comes.
  CHECK(
      outcome(rig.start("GET /v1/kv/a\nNavi-Min-Revision: 0000000000000000.1\nPrefer: wait=60")) ==
      "503 applied ");
  CHECK(outcome(rig.start("GET /v1/kv/a\nNavi-Min-Revision: $E.999999\nPrefer: wait=1")) ==
        "503 applied ");
}

TEST_CASE("wait: seats are bounded, and a client that left gives its seat back") {
  ServiceOptions options;
  options.max_waiting = 1;
  Rig rig(navistore::store::testing::memory_backend(), {}, options);
  const Answer first = rig.start("GET /v1/kv/a\nPrefer: wait=600");
  CHECK(rig.status("GET /v1/kv/b\nPrefer: wait=600") == "503");
  first.disconnect();
  CHECK(eventually([&] { return rig.status("GET /v1/kv/b\nPrefer: wait=1") == "404"; }));
}

TEST_SUITE_END();
