// SPDX-License-Identifier: Apache-2.0
#include "core/api/wait_room.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/store/support/stores.hpp"

using navistore::WakeLater;
using navistore::api::WaitRoom;
using navistore::store::testing::eventually;

namespace {

class Woken final : public WaitRoom::Guest {
 public:
  explicit Woken(std::function<void()> work) : work_(std::move(work)) {}
  void wake() override { work_(); }

 private:
  const std::function<void()> work_;
};

// While its turn is taken: what a room takes it keeps.
bool takes_tasks(WaitRoom &room) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> posted = token;
  room.post([token = std::move(token)] {});
  return !posted.expired();
}

// Wakes so many guests within a WakeLater; how many of them this thread worked for.
size_t woken_here(WaitRoom &room, size_t guests) {
  std::atomic<size_t> here{0};
  std::atomic<size_t> done{0};
  std::promise<void> last;
  std::vector<std::shared_ptr<Woken>> woken;
  for (size_t i = 0; i < guests; ++i) {
    woken.push_back(std::make_shared<Woken>([&, guests, me = std::this_thread::get_id()] {
      here += std::this_thread::get_id() == me ? 1 : 0;
      if (++done == guests) last.set_value();
    }));
  }
  {
    const WakeLater later;
    for (const auto &guest : woken) room.wake(guest);
    CHECK(done == 0);
  }
  last.get_future().wait();
  return here;
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

TEST_CASE("wait room: who wakes few guests within a WakeLater does their work, of many none") {
  const auto room = std::make_shared<WaitRoom>(1);
  // Not while the room's own thread is awake already, as when it has just begun.
  CHECK(eventually([&] { return woken_here(*room, 32) == 32; }));
  CHECK(eventually([&] { return woken_here(*room, 33) == 0; }));
}

TEST_CASE("wait room: tasks are its own thread's, and what comes with them") {
  const auto room = std::make_shared<WaitRoom>(1);
  std::promise<std::thread::id> task;
  std::promise<std::thread::id> wake;
  const auto guest = std::make_shared<Woken>([&] { wake.set_value(std::this_thread::get_id()); });
  {
    const WakeLater later;
    room->wake(guest);
    room->post([&] { task.set_value(std::this_thread::get_id()); });
  }
  const std::thread::id worker = task.get_future().get();
  CHECK((worker != std::this_thread::get_id()));
  CHECK((wake.get_future().get() == worker));
}

TEST_CASE("wait room: what comes while another thread works for it is done after that, in turn") {
  bool timed = false;
  SUBCASE("a task") {}
  SUBCASE("a timer") { timed = true; }
  const auto room = std::make_shared<WaitRoom>(1);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::promise<void> second_done;
  std::atomic<bool> working{false};
  std::atomic<int> together{0};
  const auto second = [&] {
    if (working) ++together;
    second_done.set_value();
  };
  const auto guest = std::make_shared<Woken>([&] {
    working = true;
    begun.set_value();
    may_end.get_future().wait();
    working = false;
  });
  std::thread helper([&] {
    const WakeLater later;
    room->wake(guest);
  });
  begun.get_future().wait();
  if (timed) {
    room->at(WaitRoom::Clock::now(), second);
  } else {
    room->post(second);
  }
  may_end.set_value();
  CHECK(second_done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(together == 0);
  helper.join();
}

TEST_CASE("wait room: it does not close under a thread that works for it") {
  const auto room = std::make_shared<WaitRoom>(1);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<bool> ended{false};
  const auto guest = std::make_shared<Woken>([&] {
    begun.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  std::thread helper([&] {
    const WakeLater later;
    room->wake(guest);
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
