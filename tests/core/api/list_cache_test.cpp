// SPDX-License-Identifier: Apache-2.0
// Lists that are answered as they are known.
#include "core/api/list_cache.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <random>
#include <regex>
#include <string>
#include <thread>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::store::testing::memory_backend;
using navistore::store::testing::sqlite_backend;
using navistore::store::testing::Trial;
using navistore::store::testing::TrialDisk;
using testing::Rig;

namespace {

uint64_t known(Rig &rig) { return rig.metric("navistore_lists_known_total"); }

// "a=1 b=2 r7": what the items of a list say, and the revision that it tells.
std::string brief(const std::string &body) {
  std::string out;
  const std::regex item("\"key\":\"([^\"]*)\"[^{}]*\"value\":\"([^\"]*)\"");
  for (std::sregex_iterator at(body.begin(), body.end(), item), end; at != end; ++at) {
    out += (*at)[1].str() + "=" + (*at)[2].str() + " ";
  }
  std::smatch revision;
  std::regex_search(body, revision, std::regex("\\],\"revision\":([0-9]+)"));
  return out + "r" + revision[1].str();
}

KnownListPtr list_of(size_t bytes) {
  auto list = std::make_shared<KnownList>();
  list->body.assign(bytes, 'x');
  return list;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE(
    "known list: what did not change is read twice, and tells the newest state it is valid at") {
  Rig rig;
  rig.ask("PUT /v1/kv/a/1\n\nx");
  const char *const ask = "GET /v1/kv?prefix=a/&include=values";
  for (int i = 0; i < 2; ++i) CHECK(brief(rig.body(ask)) == "a/1=x r1");
  CHECK(known(rig) == 0);
  CHECK(brief(rig.body(ask)) == "a/1=x r1");
  CHECK(known(rig) == 1);
  for (int i = 2; i <= 12; ++i) rig.ask("PUT /v1/kv/b\n\n" + std::to_string(i));
  const std::string answer = rig.ask(ask);
  CHECK(brief(answer) == "a/1=x r12");  // one digit more
  CHECK(answer.substr(answer.find("],\"prefixes\"")) ==
        "],\"prefixes\":[],\"revision\":12,\"complete\":true}");
  CHECK(known(rig) == 2);
  rig.ask("PUT /v1/kv/a/2\n\ny");
  CHECK(brief(rig.body(ask)) == "a/1=x a/2=y r13");
  CHECK(known(rig) == 2);
  CHECK(rig.status("POST /v1/admin/reset\nContent-Type: application/json") == "200");
  CHECK(brief(rig.body(ask)).substr(0, 1) == "r");
  CHECK(known(rig) == 2);
}

TEST_CASE(
    "known list: the reset of an empty store, which changes no list, still renews their tags") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    Rig rig(backend);
    for (int i = 0; i < 3; ++i) CHECK(rig.status("GET /v1/kv") == "200");
    CHECK(known(rig) == 1);
    CHECK(rig.status("POST /v1/admin/reset\nContent-Type: application/json") == "200");
    CHECK(rig.ask("GET /v1/kv").find("\nETag: \"$E.") != std::string::npos);
  }
}

TEST_CASE("known list: each way of asking has its own answer, the same as when it was read") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    Rig rig(backend);
    for (const char *path : {"a/1", "a/b/2", "a/b/3", "a/c", "b"}) {
      rig.ask(std::string("PUT /v1/kv/") + path + "\nContent-Type: text/plain\n\nv");
    }
    const char *const ways[] = {"GET /v1/kv",
                                "GET /v1/kv?prefix=a/",
                                "GET /v1/kv?prefix=a/&include=values",
                                "GET /v1/kv?prefix=a/&include=meta&encoding=base64",
                                "GET /v1/kv?prefix=a/&delimiter=/",
                                "GET /v1/kv?prefix=a/&limit=2",
                                "GET /v1/kv?prefix=a/&limit=2&after=a/1",
                                "GET /v1/kv?prefix=a/&reverse=true&limit=3",
                                "GET /v1/kv?prefix=none/",
                                "GET /v1/kv?prefix=a/&as=json",
                                "GET /v1/kv?prefix=a/&as=env",
                                "GET /v1/kv?prefix=a/&as=properties",
                                "GET /v1/kv?prefix=a/&as=env\nAccept: text/plain",
                                "GET /v1/kv?prefix=a/\nIf-None-Match: \"$E.1\"",
                                "HEAD /v1/kv?prefix=a/&include=values&limit=3"};
    for (const char *way : ways) {
      CAPTURE(way);
      const std::string read = rig.ask(way);
      CHECK(read.substr(0, 3) == "200");
      CHECK(rig.ask(way) == read);
      const uint64_t before = known(rig);
      CHECK(rig.ask(way) == read);
      CHECK(known(rig) == before + 1);
    }
    for (const char *never : {"GET /v1/kv?prefix=a/&count=only",
                              "GET /v1/kv?prefix=a/\nAccept: application/x-ndjson"}) {
      const uint64_t before = known(rig);
      for (int i = 0; i < 3; ++i) rig.ask(never);
      CHECK(known(rig) == before);
    }
    CHECK(rig.status("GET /v1/kv?prefix=a/\nAccept: text/plain") == "406");
    CHECK(rig.status("GET /v1/kv?prefix=a/&what=1") == "400");
  }
}

TEST_CASE("known list: under random writes every list shows what a model holds") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    Rig rig(backend);
    std::map<std::string, std::string> model;
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
    uint64_t revision = 0;
    for (int step = 0; step < 1'500; ++step) {
      const std::string key =
          std::string(1, "ab"[random() % 2]) + "/" + std::to_string(random() % 4);
      const unsigned what = random() % 8;
      if (what == 0) {
        rig.ask("PUT /v1/kv/" + key + "\n\n" + std::to_string(step));
        model[key] = std::to_string(step);
        ++revision;
      } else if (what == 1) {
        rig.ask("DELETE /v1/kv/" + key);
        revision += model.erase(key);
      } else {
        const std::string prefix(1, "ab"[random() % 2]);
        std::string expected;
        for (const auto &[name, value] : model) {
          if (name[0] == prefix[0]) expected += name + "=" + value + " ";
        }
        const std::string body = rig.body("GET /v1/kv?include=values&prefix=" + prefix + "/");
        REQUIRE(brief(body) == expected + "r" + std::to_string(revision));
      }
    }
    CHECK(known(rig) > 300);
  }
}

TEST_CASE("known list: what a read showed, every later list shows") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    Rig rig(backend);
    rig.ask("PUT /v1/kv/a/n\n\n0");
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      for (int n = 1; !stop; ++n) rig.ask("PUT /v1/kv/a/n\n\n" + std::to_string(n));
    });
    int stale = 0;
    for (int i = 0; i < 3'000; ++i) {
      const int shown = std::stoi(rig.body("GET /v1/kv/a/n"));
      const std::string list = brief(rig.body("GET /v1/kv?include=values&prefix=a/"));
      stale += std::stoi(list.substr(list.find('=') + 1)) < shown ? 1 : 0;
    }
    stop = true;
    writer.join();
    CHECK(stale == 0);
  }
}

TEST_CASE("known list: the end of an item that only the end of the page showed ends it, too") {
  Rig rig;
  rig.ask("PUT /v1/kv/a/1\n\nx");
  rig.ask("PUT /v1/kv/a/2?ttl=150ms\n\nx");
  const uint64_t written = rig.store().now_ms();
  bool more = true;
  for (uint64_t asked = 0; more;) {
    asked = rig.store().now_ms();
    more = rig.body("GET /v1/kv?prefix=a/&limit=1").find("\"complete\":false") != std::string::npos;
    REQUIRE((!more || asked < written + 150));
  }
  CHECK(known(rig) > 0);
}

TEST_CASE("known list: none is shown while the backend is away, and none of a shared one") {
  {
    Trial trial(NAVI_CAP_PERSISTENT);
    Rig rig(Trial::backend());
    rig.ask("PUT /v1/kv/a\n\nx");
    for (int i = 0; i < 3; ++i) CHECK(rig.status("GET /v1/kv") == "200");
    CHECK(known(rig) == 1);
    {
      const navistore::Lock lock(trial.mutex);
      trial.next_status = NAVI_IO;
      trial.open_status = NAVI_UNAVAILABLE;
    }
    rig.ask("PUT /v1/kv/b\n\nx");
    CHECK(rig.status("GET /v1/kv") == "503");
  }
  Trial trial(NAVI_CAP_PERSISTENT | NAVI_CAP_SHARED);
  Rig rig(Trial::backend());
  rig.ask("PUT /v1/kv/a\n\nx");
  for (int i = 0; i < 3; ++i) CHECK(rig.status("GET /v1/kv") == "200");
  CHECK(known(rig) == 0);
}

TEST_CASE("known list: with no memory for them none is known") {
  ServiceOptions options;
  options.list_cache_bytes = 0;
  Rig rig(memory_backend(), {}, options);
  for (int i = 0; i < 3; ++i) CHECK(rig.status("GET /v1/kv") == "200");
  CHECK(known(rig) == 0);
  CHECK(rig.metric("navistore_lists_known_bytes") == 0);
}

TEST_CASE("list cache: it is wanted when asked for twice, and the least recently used go first") {
  ListCache lists(1'000);
  CHECK_FALSE(lists.wants("a"));
  CHECK(lists.wants("a"));
  CHECK_FALSE(lists.wants("b"));
  for (const char *request : {"1", "2", "3", "4"}) lists.keep(request, list_of(249));
  CHECK(lists.bytes() == 1'000);
  CHECK(lists.find("1") != nullptr);
  lists.keep("5", list_of(249));
  CHECK(lists.find("2") == nullptr);
  for (const char *request : {"1", "3", "4", "5"}) CHECK(lists.find(request) != nullptr);
  lists.keep("3", list_of(9));
  CHECK(lists.bytes() == 760);
  CHECK(lists.find("3")->body.size() == 9);
  lists.keep("6", list_of(250));  // one byte more than a quarter
  CHECK(lists.find("6") == nullptr);
}

TEST_SUITE_END();
