// SPDX-License-Identifier: Apache-2.0
// What a sender tells of its peer.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/replication/direct_channel.hpp"

using namespace navistore::replication;
using namespace navistore::replication::testing;
using namespace navistore::store::testing;

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("status: while it is far behind it is catching up, and lags since it lacks something") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  run(*source, put("a", "0"));
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
  target.gate.let_pass(0);
  for (int i = 0; i < 3'500; ++i) run(*source, put("k" + std::to_string(i), "v"));
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] { return source->now_ms() > since + 500; }));
  const uint64_t behind = sender->status().lag_revisions;
  target.gate.let_pass(1);
  REQUIRE(eventually([&] { return sender->status().lag_revisions < behind; }));
  REQUIRE(eventually([&] { return target.gate.somebody_waits(); }));
  const PeerStatus status = sender->status();
  CHECK(status.state == PeerState::kCatchingUp);
  CHECK(status.lag_ms >= 500);
  target.gate.open();
  CHECK(eventually([&] { return has_all(*sender, *source); }));
  CHECK(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
}

TEST_CASE("status: the lag counts from the change that was withheld, not from the time before it") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  run(*source, put("a", "0"));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  REQUIRE(eventually([&] { return sender->status().state == PeerState::kRetrying; }));
  const uint64_t idle_since = source->now_ms();
  REQUIRE(eventually([&] { return source->now_ms() > idle_since + 500; }));
  CHECK(sender->status().lag_ms == 0);
  const uint64_t written = source->now_ms();
  run(*source, put("a", "1"));
  const PeerStatus status = sender->status();
  CHECK(status.lag_revisions == 1);
  CHECK(status.lag_ms <= source->now_ms() - written);
  CHECK(eventually([&] { return sender->status().lag_ms >= 100; }));
}

TEST_CASE("status: once the peer has a change the lag counts from the next one") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  run(*source, put("a", "0"));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.gate.let_pass(0);
  run(*source, put("a", "1"));
  REQUIRE(eventually([&] { return target.gate.somebody_waits(); }));
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] { return source->now_ms() > since + 500; }));
  const uint64_t written = source->now_ms();
  run(*source, put("b", "1"));
  target.gate.let_pass(1);
  REQUIRE(eventually([&] { return sender->status().lag_revisions == 1; }));
  const uint64_t lag_ms = sender->status().lag_ms;
  CHECK(lag_ms <= source->now_ms() - written + 10);
  target.gate.open();
}

TEST_CASE("status: after a restart the lag is since the peer was last heard of") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  uint64_t heard_ms = 0;
  {
    auto sender = sender_to(*source, target);
    REQUIRE(eventually([&] { return sender->status().state == PeerState::kStreaming; }));
    target.cut = true;
    REQUIRE(eventually([&] { return sender->status().state == PeerState::kRetrying; }));
    heard_ms = sender->status().last_ok_ms;
  }
  run(*source, put("a", "1"));
  REQUIRE(eventually([&] { return source->now_ms() > heard_ms + 500; }));
  auto sender = sender_to(*source, target);
  CHECK(eventually([&] { return sender->status().last_ok_ms == heard_ms; }));
  CHECK(sender->status().lag_ms >= 500);
}

TEST_CASE("status: after the source's reset the status tells nothing of the time before") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  auto sender = sender_to(*source, target);
  for (int i = 0; i < 100; ++i) run(*source, put("a", std::to_string(i)));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  target.cut = true;
  reset(*source);
  for (int i = 0; i < 10; ++i) run(*source, put("b", std::to_string(i)));
  CHECK(sender->status().cursor == 0);
  CHECK(sender->status().lag_revisions == source->revision());
  target.cut = false;
  CHECK(eventually([&] { return has_all(*sender, *source); }));
}

TEST_CASE("status: what was sent is counted, and what of it the peer did not need") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  run(*source, put("a", "1"));
  run(*source, put("b", "1"));
  auto sender = sender_to(*source, target);
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  CHECK(sender->status().sent == 2);
  CHECK(sender->status().ignored == 0);
  sender->resync();
  CHECK(eventually([&] { return sender->status().sent == 4; }));
  CHECK(sender->status().ignored == 2);
}

TEST_CASE("status: who has everything does not lag, however long nothing happens") {
  auto source = open_store(memory_backend());
  Target target(open_store(memory_backend()));
  SenderOptions options = quick();
  options.heartbeat = std::chrono::hours(1);
  auto sender = sender_to(*source, target, options);
  run(*source, put("a", "1"));
  REQUIRE(eventually([&] { return has_all(*sender, *source); }));
  const uint64_t since = source->now_ms();
  REQUIRE(eventually([&] { return source->now_ms() > since + 100; }));
  CHECK(sender->status().lag_ms == 0);
}

TEST_SUITE_END();
