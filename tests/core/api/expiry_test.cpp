// SPDX-License-Identifier: Apache-2.0
// The end of an item's life is a millisecond, whichever way it is looked at.
#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using navistore::Lock;
using navistore::api::testing::Answer;
using navistore::api::testing::Rig;
using navistore::store::testing::eventually;
using navistore::store::testing::memory_backend;
using navistore::store::testing::sqlite_backend;
using navistore::store::testing::Trial;

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

// A server with items that are due, whose removal begins and does not go on.
class HeldSweep {
 public:
  // Keys, each of which is due when this returns, and others.
  HeldSweep(const std::vector<std::string> &due, const std::vector<std::string> &others) {
    for (const std::string &key : others) rig.ask("PUT /v1/kv/" + key + "\n\nv");
    for (const std::string &key : due) rig.ask("PUT /v1/kv/" + key + "?ttl=1h\n\nv");
    {
      const Lock lock(trial.mutex);
      trial.before_purge = [gate = gate_] { gate.wait(); };
      for (const std::string &key : due) trial.disks["default"].items[key].expires_ms = 1;
    }
    rig.ask("PUT /v1/kv/starts-it?ttl=1ms\n\nv");
    REQUIRE(eventually([&] { return rig.status("GET /v1/kv/starts-it") == "404"; }));
    for (const std::string &key : due) {
      REQUIRE(eventually([&] { return rig.status("GET /v1/kv/" + key) == "404"; }));
    }
  }
  ~HeldSweep() { release(); }
  void release() {
    if (!std::exchange(released_, true)) release_.set_value();
  }
  // "If-None-Match: <tag>" and the like, of the list as it is shown now.
  std::string with_tag(const std::string &field, const std::string &prefix) {
    const std::string line = "GET /v1/kv?prefix=" + prefix;
    return line + "\n" + field + ": " + tag_in(rig.ask(line));
  }
  static std::string tag_in(const std::string &answer) {
    std::smatch match;
    std::regex_search(answer, match, std::regex("ETag: (\"[^\n]*\")"));
    return match[1].str();
  }

  Trial trial{NAVI_CAP_PERSISTENT};
  Rig rig{Trial::backend()};

 private:
  std::promise<void> release_;
  const std::shared_future<void> gate_ = release_.get_future().share();
  bool released_ = false;
};

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

TEST_CASE("expiry: a list that is compared waits for no removal elsewhere") {
  HeldSweep held({"mass/1"}, {"other/1"});
  const std::string poll = held.with_tag("If-None-Match", "other/");
  constexpr size_t kPolls = 64;  // more than there are readers
  std::vector<Answer> answers;
  for (size_t i = 0; i < kPolls; ++i) answers.push_back(held.rig.start(poll));
  CHECK(eventually([&] { return answers.back().ready(); }));
  CHECK(held.rig.status(poll) == "304");
  CHECK(held.rig.status("GET /v1/kv?prefix=other/") == "200");
  CHECK(held.rig.status(held.with_tag("If-Match", "other/")) == "200");
  const Answer waits = held.rig.start(poll + "\nPrefer: wait=60");
  waits.drain();
  CHECK(waits.text().substr(0, 3) == "304");
  held.release();
}

TEST_CASE("expiry: a list of which something is due is no longer what it was, before the removal") {
  HeldSweep held({"mine/t"}, {"mine/a"});
  const std::string poll = held.with_tag("If-None-Match", "mine/");
  const std::string changed = held.rig.ask(poll);
  CHECK(changed.substr(0, 3) == "200");
  CHECK(changed.find("mine/a") != std::string::npos);
  CHECK(changed.find("mine/t") == std::string::npos);
  CHECK(held.rig.status(held.with_tag("If-Match", "mine/")) == "412");
  CHECK(held.rig.status("GET /v1/kv?prefix=mine/\nIf-Match: *") == "200");
  CHECK(held.rig.status("GET /v1/kv?prefix=mine/\nIf-None-Match: *") == "304");
  const Answer drained = held.rig.start(poll + "\nPrefer: wait=60");
  drained.drain();
  CHECK(drained.text().substr(0, 3) == "200");
  const Answer waits = held.rig.start(poll + "\nPrefer: wait=60");
  CHECK_FALSE(waits.ready());
  held.release();
  CHECK(waits.text().substr(0, 3) == "200");
  CHECK(HeldSweep::tag_in(waits.text()) != HeldSweep::tag_in(changed));
}

TEST_CASE("expiry: of a list of very many keys none is overlooked") {
  HeldSweep held({"big/t", "big-x"}, {"big/9"});
  {
    const Lock lock(held.trial.mutex);
    auto &items = held.trial.disks["default"].items;
    for (int i = 100'000; i < 110'000; ++i) items["big/" + std::to_string(i)] = {};
  }
  CHECK(held.rig.status(held.with_tag("If-None-Match", "big/1")) == "304");
  CHECK(held.rig.status(held.with_tag("If-None-Match", "big/")) == "200");
  const auto drained = [&](const std::string &prefix) {
    const std::string poll = held.with_tag("If-None-Match", prefix);
    const Answer waits = held.rig.start(poll + "\nPrefer: wait=60");
    waits.drain();
    return waits.text().substr(0, 3);
  };
  CHECK(drained("big/1") == "304");
  CHECK(drained("big/") == "200");
}

TEST_SUITE_END();
