// SPDX-License-Identifier: Apache-2.0
#include "core/store/timers.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

// Far enough for any alarm, and small enough for every clock's arithmetic.
constexpr uint64_t kLongestWaitMs = 24ULL * 3600 * 1000;

}  // namespace

class Timers::Entry final : public Timers::Alarm {
 public:
  Entry(Timers &timers, uint64_t time_ms, Ring ring)
      : timers_(timers), time_ms_(time_ms), ring_(std::move(ring)) {}
  ~Entry() override {
    timers_.cancel(time_ms_, ring_);
    ring_->close();
  }

 private:
  Timers &timers_;
  const uint64_t time_ms_;
  const Ring ring_;
};

void Timers::start() {
  thread_ = std::thread([this] { run(); });
}

void Timers::stop() {
  if (!thread_.joinable()) return;
  {
    const Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

std::unique_ptr<Timers::Alarm> Timers::at(uint64_t time_ms, std::function<void()> ring) {
  auto callback = std::make_shared<Callback<>>(std::move(ring));
  auto alarm = std::make_unique<Entry>(*this, time_ms, callback);
  const Lock lock(mutex_);
  const auto place = schedule_.emplace(time_ms, std::move(callback));
  if (place == schedule_.begin()) changed_.notify_one();
  return alarm;
}

void Timers::cancel(uint64_t time_ms, const Ring &ring) {
  const Lock lock(mutex_);
  const auto [first, last] = schedule_.equal_range(time_ms);
  const auto found =
      std::find_if(first, last, [&](const auto &entry) { return entry.second == ring; });
  if (found != last) schedule_.erase(found);
}

void Timers::run() {
  for (;;) {
    Ring ring;
    {
      const Lock lock(mutex_);
      ring = wait_for_due();
    }
    if (!ring) return;
    ring->call();
  }
}

Timers::Ring Timers::wait_for_due() {
  while (!stopping_) {
    if (schedule_.empty()) {
      changed_.wait(mutex_);
      continue;
    }
    const uint64_t now_ms = wall_clock_ms();
    const auto next = schedule_.begin();
    if (next->first <= now_ms) {
      Ring ring = std::move(next->second);
      schedule_.erase(next);
      return ring;
    }
    const uint64_t until_ms = std::min(next->first, now_ms + kLongestWaitMs);
    changed_.wait_until(mutex_,
                        std::chrono::system_clock::time_point(std::chrono::milliseconds(until_ms)));
  }
  return nullptr;
}

}  // namespace navistore::store
