// SPDX-License-Identifier: Apache-2.0
#include "core/wake_later.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using navistore::Sleeper;
using navistore::WakeLater;

namespace {

class Bed final : public Sleeper {
 public:
  Bed(std::string &log, char name) : log_(log), name_(name) {}
  void wake() override { log_ += name_; }

 private:
  std::string &log_;
  const char name_;
};

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("wake: at once, or once each at the end of the outermost scope") {
  std::string log;
  const auto a = std::make_shared<Bed>(log, 'a');
  const auto b = std::make_shared<Bed>(log, 'b');
  WakeLater::wake(a);
  CHECK(log == "a");
  {
    const WakeLater outer;
    WakeLater::wake(b);
    {
      const WakeLater inner;
      WakeLater::wake(a);
      WakeLater::wake(a);
      WakeLater::wake(b);
    }
    log += '|';
    WakeLater::wake(b);
  }
  CHECK(log == "a|ba");
  WakeLater::wake(b);
  CHECK(log == "a|bab");
}

TEST_CASE("wake: a scope is its thread's alone, and keeps what it wakes") {
  std::string log;
  const WakeLater mine;
  std::thread([&] { WakeLater::wake(std::make_shared<Bed>(log, 'a')); }).join();
  CHECK(log == "a");
  std::thread([&] {
    const WakeLater later;
    WakeLater::wake(std::make_shared<Bed>(log, 'b'));
  }).join();
  CHECK(log == "ab");
}

TEST_CASE(
    "wake: who is relieved at the end of a scope wakes others in it, and is woken outside of one") {
  struct Busy final : Sleeper {
    explicit Busy(std::string &log) : log_(log), bed(std::make_shared<Bed>(log, 'b')) {}
    void wake() override { log_ += 'w'; }
    void relieve() override {
      log_ += 'r';
      WakeLater::wake(bed);
      if (next) WakeLater::relieve(next);
    }
    std::string &log_;
    const std::shared_ptr<Bed> bed;
    std::shared_ptr<Sleeper> next;
  };
  std::string log;
  const auto first = std::make_shared<Busy>(log);
  const auto second = std::make_shared<Busy>(log);
  first->next = second;
  WakeLater::relieve(first);
  CHECK(log == "w");
  log.clear();
  {
    const WakeLater outer;
    WakeLater::wake(first->bed);
    {
      const WakeLater inner;
      WakeLater::relieve(first);
      WakeLater::relieve(first);
    }
    log += '|';
  }
  CHECK(log == "|rrbb");
  log.clear();
  second->next = first;  // for ever: in the end one is woken
  {
    const WakeLater later;
    WakeLater::relieve(first);
  }
  CHECK(log == "rrrrrrrrwbb");
  second->next.reset();
}

TEST_SUITE_END();
