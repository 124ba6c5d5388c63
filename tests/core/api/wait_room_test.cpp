// SPDX-License-Identifier: Apache-2.0
#include "core/api/wait_room.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <thread>

using navistore::api::WaitRoom;

TEST_SUITE_BEGIN("core/api");

// Later tasks would be destroyed while the room's members are.
TEST_CASE("wait room: while it closes it forgets its timers first, and takes no task any more") {
  auto room = std::make_unique<WaitRoom>(1);
  WaitRoom &closing = *room;
  WaitRoom::Errand errand = closing.begin_errand();
  std::promise<void> forgotten;
  const auto tell = [&](int *token) {
    delete token;
    forgotten.set_value();
  };
  closing.at(WaitRoom::Clock::now() + std::chrono::hours(1),
             [token = std::shared_ptr<int>(new int, tell)] {});
  std::thread closer([&] { room.reset(); });
  CHECK(forgotten.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> posted = token;
  closing.post([token] {});
  closing.at(WaitRoom::Clock::now(), [token] {});
  token.reset();
  CHECK(posted.expired());
  errand.reset();
  closer.join();
}

TEST_SUITE_END();
