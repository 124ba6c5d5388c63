// SPDX-License-Identifier: Apache-2.0
// The end of an item's life is a millisecond, whichever way it is looked at.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/api/driver.hpp"

using navistore::api::testing::Rig;
using navistore::store::testing::memory_backend;
using navistore::store::testing::sqlite_backend;

namespace {

uint64_t expiry_of(Rig &rig, std::string_view key) {
  uint64_t expires_ms = 0;
  const auto read = rig.store().read(&key, 1, navistore::store::Values::kWithout,
                                     [&](size_t, const navistore::store::ItemView &item) {
                                       expires_ms = item.expires_ms;
                                       return true;
                                     });
  return read.ok() ? expires_ms : 0;
}

using Way = std::pair<std::string, std::function<bool(Rig &)>>;  // whether it shows the key

std::vector<Way> ways() {
  const auto shows = [](std::string request, std::string mark) {
    return [request = std::move(request), mark = std::move(mark)](Rig &rig) {
      return rig.ask(request).find(mark) != std::string::npos;
    };
  };
  return {{"get", shows("GET /v1/kv/a/t", "200\n")},
          {"head", shows("HEAD /v1/kv/a/t", "200\n")},
          {"list", shows("GET /v1/kv?prefix=a/", "\"key\":\"a/t\"")},
          {"count", shows("GET /v1/kv?prefix=a/&count=only", "\"count\":1")},
          {"count of all", shows("GET /v1/kv?count=only", "\"count\":1")},
          {"document", shows("GET /v1/kv?prefix=a/&as=env", "T=v")},
          {"bulk", shows("POST /v1/bulk/get\nContent-Type: application/json\n\n"
                         "{\"keys\":[\"a/t\"]}",
                         "\"key\":\"a/t\"")}};
}

// Looks until the end has passed; whether it looked before it, too.
bool follow(Rig &rig, const Way::second_type &shows, uint64_t end_ms) {
  int before = 0;
  for (int after = 0; after < 3;) {
    const uint64_t asked = rig.store().now_ms();
    const bool shown = shows(rig);
    const uint64_t answered = rig.store().now_ms();
    if (answered < end_ms) {
      ++before;
      CHECK(shown);
    } else if (asked >= end_ms) {
      ++after;
      CHECK_FALSE(shown);
    }
  }
  return before > 0;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("expiry: an item is there until its millisecond and not in it, however it is read") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Rig rig(backend);
    for (const auto &[way, shows] : ways()) {
      const std::string name(way);
      CAPTURE(name);
      bool seen = false;  // on a machine that is too slow for a short life, in a longer one
      for (int life_ms = 60; !seen && life_ms < 10'000; life_ms *= 2) {
        REQUIRE(rig.status("PUT /v1/kv/a/t?ttl=" + std::to_string(life_ms) + "ms\n\nv") == "201");
        const uint64_t end = expiry_of(rig, "a/t");
        if (end != 0) seen = follow(rig, shows, end);
      }
      CHECK(seen);
    }
  }
}

TEST_CASE("expiry: what expired does not count as there for a condition") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    Rig rig(backend);
    REQUIRE(rig.status("PUT /v1/kv/t?ttl=300ms\n\nv") == "201");
    const uint64_t end = expiry_of(rig, "t");
    const std::string create = rig.status("PUT /v1/kv/t\nIf-None-Match: *\n\nw");
    if (rig.store().now_ms() < end) CHECK(create == "412");
    while (rig.store().now_ms() < end) {
    }
    if (create == "412") CHECK(rig.status("PUT /v1/kv/t\nIf-None-Match: *\n\nw") == "201");
    CHECK(rig.body("GET /v1/kv/t") == "w");
  }
}

TEST_SUITE_END();
