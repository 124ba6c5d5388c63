// SPDX-License-Identifier: Apache-2.0
#include "core/api/wait_room.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

using navistore::WakeLater;
using navistore::api::WaitRoom;

namespace {

// While its turn is taken: what a room takes it keeps.
bool takes_tasks(WaitRoom &room) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> posted = token;
  room.post([token = std::move(token)] {});
  return !posted.expired();
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

// Later tasks would be destroyed while the room's members are.
TEST_CASE("wait room: while it closes it forgets its timers first, and takes no task any more") {
  auto room = std::make_shared<WaitRoom>(1);
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

TEST_CASE("wait room: who hands little over within a WakeLater does it itself, of much nothing") {
  const auto room = std::make_shared<WaitRoom>(1);
  std::atomic<size_t> here{0};
  for (const size_t tasks : {size_t{32}, size_t{33}}) {
    here = 0;
    std::atomic<size_t> done{0};
    std::promise<void> last;
    {
      const WakeLater later;
      for (size_t i = 0; i < tasks; ++i) {
        room->post([&, tasks, me = std::this_thread::get_id()] {
          here += std::this_thread::get_id() == me ? 1 : 0;
          if (++done == tasks) last.set_value();
        });
      }
      CHECK(done == 0);
    }
    last.get_future().wait();
    CHECK(here == (tasks == 32 ? 32 : 0));
  }
}

TEST_CASE("wait room: what comes while another thread works for it is done after that, in turn") {
  const auto room = std::make_shared<WaitRoom>(1);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::promise<void> second_done;
  std::promise<void> timer_done;
  std::atomic<bool> working{false};
  std::atomic<int> together{0};
  const auto alone = [&](std::promise<void> &done) {
    return [&] {
      if (working) ++together;
      done.set_value();
    };
  };
  std::thread helper([&] {
    const WakeLater later;
    room->post([&] {
      working = true;
      begun.set_value();
      may_end.get_future().wait();
      working = false;
    });
  });
  begun.get_future().wait();
  room->post(alone(second_done));
  room->at(WaitRoom::Clock::now(), alone(timer_done));
  may_end.set_value();
  second_done.get_future().wait();
  timer_done.get_future().wait();
  CHECK(together == 0);
  helper.join();
}

TEST_CASE("wait room: it does not close under a thread that works for it") {
  const auto room = std::make_shared<WaitRoom>(1);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<bool> ended{false};
  std::thread helper([&] {
    const WakeLater later;
    room->post([&] {
      begun.set_value();
      may_end.get_future().wait();
      ended = true;
    });
  });
  begun.get_future().wait();
  std::promise<bool> closed;
  std::thread closer([&] {
    room->stop();
    closed.set_value(ended);
  });
  while (takes_tasks(*room)) std::this_thread::yield();
  may_end.set_value();
  CHECK(closed.get_future().get());
  closer.join();
  helper.join();
}

TEST_SUITE_END();
