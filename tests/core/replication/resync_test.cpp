// SPDX-License-Identifier: Apache-2.0
// What a full resync sends, and what the peer shows meanwhile.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <thread>

#include "tests/core/replication/direct_channel.hpp"

using namespace navistore::replication;
using namespace navistore::replication::testing;
using namespace navistore::store::testing;
namespace store = navistore::store;

namespace {

store::Transaction pair(int number) {
  store::Transaction both = put("a" + std::to_string(number), std::to_string(number));
  both.operations.push_back(
      put("z" + std::to_string(number), std::to_string(number)).operations.front());
  return both;
}

// The keys of a store by the revision that they are of: "1:a0,z0 2:a1,z1".
std::string by_revision(store::Store &of) {
  std::map<uint64_t, std::string> groups;
  const auto end = of.scan({}, [&](size_t, const store::ItemView &item) {
    std::string &group = groups[item.revision];
    group += (group.empty() ? "" : ",") + std::string(item.key);
    return true;
  });
  REQUIRE(end);
  std::string text;
  for (const auto &[revision, group] : groups) text += group + " ";
  return text;
}

store::StoreOptions forgetting(uint64_t history) {
  store::StoreOptions options;
  options.history = history;
  options.trim_every_ms = 10;
  return options;
}

bool trimmed(store::Store &of) {
  return eventually([&] {
    const auto stats = of.stats();
    return stats && stats.value().oldest_change > 1;
  });
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("resync: what was written together is applied together, in the source's order") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    CAPTURE(backend.id);
    ScratchDirectory directory;
    auto source = open_store(backend, options_in(directory));
    for (int i = 0; i < 1'500; ++i) run(*source, pair(i));
    Target target(open_store(memory_backend()));
    auto sender = sender_to(*source, target);
    REQUIRE(eventually([&] { return has_all(*sender, *source); }));
    CHECK(by_revision(*target.store) == by_revision(*source));
  }
}

TEST_CASE(
    "resync: whoever looks at the peer meanwhile sees every transaction whole or not at all") {
  auto source = open_store(memory_backend());
  for (int i = 0; i < 5'000; ++i) run(*source, pair(i));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  int looks = 0;
  std::string torn;
  while (!has_all(*sender, *source)) {
    std::map<std::string, int> seen;
    const auto end = target.store->scan({}, [&](size_t, const store::ItemView &item) {
      ++seen[std::string(item.key.substr(1))];
      return true;
    });
    REQUIRE(end);
    for (const auto &[number, parts] : seen) {
      if (parts != 2) torn = number;
    }
    ++looks;
  }
  CHECK(looks > 0);
  CHECK(torn.empty());
}

TEST_CASE("resync: after the feed was trimmed the peer gets what it lacks, older items in pages") {
  auto source = open_store(memory_backend(), forgetting(200));
  for (int i = 0; i < 3'000; ++i) run(*source, pair(i));
  REQUIRE(trimmed(*source));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
  CHECK(sender->status().state == PeerState::kStreaming);
}

TEST_CASE("resync: a peer that was away until the feed was trimmed gets what it missed") {
  auto source = open_store(memory_backend(), forgetting(100));
  Target target(open_store(memory_backend()));
  run(*source, put("kept", "1"));
  run(*source, put("gone", "1"));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  run(*source, navistore::store::testing::remove("gone"));
  for (int i = 0; i < 2'000; ++i) run(*source, put("k" + std::to_string(i % 700), "v"));
  REQUIRE(trimmed(*source));
  CHECK(sender->status().lag_revisions >= 2'000);
  target.cut = false;
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
}

TEST_CASE("resync: a delete that the feed no longer has travels by a page") {
  auto source = open_store(memory_backend(), forgetting(100));
  Target target(open_store(memory_backend()));
  run(*source, put("kept", "1"));
  run(*source, put("gone", "1"));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  sender.reset();
  run(*source, navistore::store::testing::remove("gone"));
  const uint64_t deleted = source->revision();
  for (int i = 0; i < 2'000; ++i) run(*source, put("k" + std::to_string(i % 700), "v"));
  REQUIRE(eventually([&] {
    const auto stats = source->stats();
    return stats && stats.value().oldest_change > deleted;
  }));
  REQUIRE(source->keep_record(Sender::record_of("b"), {}));
  sender = sender_to(*source, target);
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
}

TEST_CASE("resync: the state says so until the peer has what was there when it began") {
  auto source = open_store(memory_backend(), forgetting(200));
  for (int i = 0; i < 3'000; ++i) run(*source, put("k" + std::to_string(i), "v"));
  REQUIRE(trimmed(*source));
  Target target(open_store(memory_backend()));
  target.gate.let_pass(0);
  auto sender = sender_to(*source, target);
  size_t before = 0;
  while (true) {
    REQUIRE(eventually([&] { return target.gate.somebody_waits(); }));
    const PeerStatus status = sender->status();
    CHECK(status.state == PeerState::kResyncing);
    CHECK(status.lag_revisions == source->revision() - status.cursor);
    CHECK_FALSE(has_all(*sender, *source));
    target.gate.let_pass(1);
    REQUIRE(eventually([&] { return sender->status().sent > before; }));
    before = sender->status().sent;
    if (before >= 3'000) break;
  }
  target.gate.open();
  CHECK(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  CHECK(dump(*target.store) == dump(*source));
}

TEST_CASE("resync: a page that was not acknowledged is sent again") {
  auto source = open_store(memory_backend(), forgetting(200));
  for (int i = 0; i < 3'000; ++i) run(*source, put("k" + std::to_string(i), "v"));
  REQUIRE(trimmed(*source));
  Target target(open_store(memory_backend()));
  target.gate.let_pass(1);
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return target.deliveries == 1 && target.gate.somebody_waits(); }));
  target.cut = true;
  target.gate.open();
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kRetrying; }));
  target.cut = false;
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
}

TEST_CASE("resync: a peer that loses its data at any page gets all again") {
  auto source = open_store(memory_backend(), forgetting(200));
  for (int i = 0; i < 3'000; ++i) run(*source, put("k" + std::to_string(i), "v"));
  REQUIRE(trimmed(*source));
  for (int page = 1; page <= 3; ++page) {
    CAPTURE(page);
    Target target(open_store(memory_backend()));
    target.gate.let_pass(page);
    auto sender = sender_to(*source, target);
    REQUIRE(eventually([&] { return target.deliveries == page && target.gate.somebody_waits(); }));
    reset(*target.store);
    target.gate.open();
    CHECK(eventually([&] { return dump(*target.store) == dump(*source); }));
    CHECK(eventually([&] { return has_all(*sender, *source); }));
    sender.reset();
    REQUIRE(source->keep_record(Sender::record_of("b"), {}));
  }
}

TEST_CASE("resync: a peer that lost its data is known to have what it was given since, no more") {
  auto source = open_store(memory_backend());
  for (int i = 0; i < 1'500; ++i) run(*source, put("k" + std::to_string(i), "v"));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  const auto applied = [&] { return target.applier.applied_of(source->epoch()); };
  REQUIRE(eventually([&] { return applied() == source->revision(); }));
  target.gate.let_pass(0);
  reset(*target.store);
  CHECK_FALSE(applied());
  REQUIRE(eventually([&] { return target.gate.somebody_waits(); }));  // empty calls came through
  CHECK_FALSE(applied());
  target.gate.let_pass(1);
  REQUIRE(eventually([&] { return target.gate.somebody_waits() && applied(); }));
  CHECK(applied() < source->revision());
  target.gate.open();
  CHECK(eventually([&] { return applied() == source->revision(); }));
}

TEST_CASE("resync: the feed is held from its beginning on, and no longer than it is wanted") {
  auto source = open_store(memory_backend(), forgetting(200));
  for (int i = 0; i < 3'000; ++i) run(*source, put("k" + std::to_string(i), "v"));
  REQUIRE(trimmed(*source));
  Target target(open_store(memory_backend()));
  target.gate.let_pass(1);
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return target.deliveries == 1 && target.gate.somebody_waits(); }));
  CHECK(sender->wants_after() < source->revision());
  CHECK(sender->wants_after() > 0);
  target.gate.open();
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  CHECK(sender->wants_after() == source->revision());
}

TEST_CASE("resync: writes that go on meanwhile are there in the end, each pair whole") {
  auto source = open_store(memory_backend(), forgetting(500));
  for (int i = 0; i < 4'000; ++i) run(*source, pair(i));
  REQUIRE(trimmed(*source));
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  std::thread writer([&] {
    for (int i = 0; i < 8'000; ++i) run(*source, pair(i % 6'000));
  });
  writer.join();
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(dump(*target.store) == dump(*source));
}

TEST_SUITE_END();
