// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/api/detached.hpp"
#include "core/api/wait_room.hpp"
#include "core/api/watch_query.hpp"
#include "core/api/watch_subscription.hpp"
#include "core/api/watch_text.hpp"

namespace navistore::api {

// One long poll: answered with the first events that come, in whole transactions, or with none when
// its time is up. All members run in turn of Shared::watches.
class WatchPoll final : public WaitRoom::Guest, public std::enable_shared_from_this<WatchPoll> {
 public:
  WatchPoll(std::shared_ptr<Detached> job, WatchQuery query, const WatchStart &start);

  void start();
  void wake() override { pump(); }

 private:
  using State = store::Watcher::State;
  using Taken = Subscription::Taken;

  template <class Member>
  WaitRoom::Task task(Member member);  // that does nothing once the poll is gone
  void follow(uint64_t after);
  void pump();
  void add(const Taken &taken);
  void lose();
  void last_call();
  void gone(http::Responder::Gone how);
  void answer();
  void leave();

  Shared &shared_;
  const WatchQuery query_;
  WatchStart start_;
  const std::shared_ptr<Detached> job_;
  const WatchText text_;
  std::unique_ptr<Subscription> subscription_;
  std::optional<WaitRoom::TimerKey> deadline_timer_;
  std::string events_;  // the elements of the array
  size_t count_ = 0;
  uint64_t cursor_;
  enum class Patience : uint8_t { kLeft, kUp } patience_ = Patience::kLeft;
};

}  // namespace navistore::api
