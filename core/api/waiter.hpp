// SPDX-License-Identifier: Apache-2.0
// Blocking reads: a request that is answered when what it asks for changes, or when its time is up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/api/call.hpp"
#include "core/api/detached.hpp"
#include "core/api/wait_room.hpp"
#include "core/store/feed.hpp"

namespace navistore::api {

// What became of one try to answer.
struct Attempt {
  enum class Kind : uint8_t {
    kFinal,      // the answer is made
    kMayChange,  // so is this one, but a change could make it another
    kHandedOn,   // somebody else holds the call now
    kToGoOn,     // none is made yet: it worked for as long as it may, and is to be tried again
  } kind = Kind::kFinal;
  uint64_t wake_at_ms = 0;  // a moment of the store's clock to look again; 0: none
};
using Try = std::function<Attempt(Call &call)>;

// Where a try runs: at once (it does not block), or on the reader pool.
enum class Place : uint8_t { kHere, kReaderPool };

// Holds the call, whose wait is set, and tries again whenever something of interest changed, first
// right after the registration, so that no change falls between. Sends the first final answer, or
// the last one when the time is up or the server drains. No free seat is 503.
void wait_for_change(Call &call, store::Interest interest, Place place, Try attempt);

// One such request. All members run in the room's turn; a try may run on the reader pool while
// running_ is set.
class Waiter final : public WaitRoom::Guest, public std::enable_shared_from_this<Waiter> {
 public:
  Waiter(std::shared_ptr<Detached> job, store::Interest interest, Place place, Try attempt);

  void start(std::chrono::seconds wait);
  void wake() override;

 private:
  enum class Urgency : uint8_t { kIfFinal, kAnyway };
  WaitRoom &room() const;
  void arm(std::chrono::seconds wait);
  void on_reader_pool();
  void come_back();
  void try_now(Urgency urgency);
  void settled();
  void wake_later(uint64_t at_ms);
  void set_wake_timer(std::chrono::milliseconds left);
  void last_call();
  void leave();

  const std::shared_ptr<Detached> job_;
  const store::Interest interest_;
  const Place place_;
  const Try attempt_;
  std::shared_ptr<std::atomic<bool>> queued_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<store::Feed::Registration> registration_;
  std::optional<WaitRoom::TimerKey> deadline_timer_;
  std::optional<WaitRoom::TimerKey> wake_timer_;
  Attempt outcome_;
  unsigned refusals_ = 0;  // by the reader pool, one after another
  Urgency urgency_ = Urgency::kIfFinal;
  enum class State : uint8_t { kIdle, kRunning, kRunningStale, kLeft } state_ = State::kIdle;
};

}  // namespace navistore::api
