// SPDX-License-Identifier: Apache-2.0
#include "core/api/replicate_preference.hpp"

#include <memory>
#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/detached.hpp"
#include "core/api/wait_room.hpp"
#include "core/replication/replication.hpp"

namespace navistore::api {
namespace {

using Acknowledged = replication::Replication::Acknowledged;
using GoOn = std::function<void(Call &)>;

void answer(Call &call, Acknowledged now, const GoOn &go_on) {
  go_on(call);
  call.response().field("Navi-Replicated", std::to_string(now.by) + "/" + std::to_string(now.of));
  call.response().field("Preference-Applied", "replicate");
}

// A committed write whose client waits for peers. All members but the constructor and hold() run on
// the room's thread.
class PeerWait final : public WaitRoom::Guest, public std::enable_shared_from_this<PeerWait> {
 public:
  PeerWait(Shared &shared, ReplicatePreference preference, uint64_t revision, GoOn go_on)
      : room_(shared.waits),
        replication_(*shared.options.replication),
        preference_(preference),
        revision_(revision),
        deadline_ms_(shared.store.now_ms() +
                     static_cast<uint64_t>(preference.wait.count()) * 1'000),
        go_on_(std::move(go_on)) {}
  ~PeerWait() override { replication_.forget(number_); }
  PeerWait(const PeerWait &) = delete;
  PeerWait &operator=(const PeerWait &) = delete;

  void hold(std::shared_ptr<Detached> job) { job_ = std::move(job); }

  void start() {
    const std::weak_ptr<PeerWait> weak = weak_from_this();
    const std::weak_ptr<Guest> guest = weak;  // other threads must not own it, not even for a cast
    job_->responder()->on_gone([weak, guest, &room = room_](http::Responder::Gone gone) {
      if (gone == http::Responder::Gone::kDraining) return room.wake(guest);
      room.post([weak] {
        if (const auto wait = weak.lock()) wait->leave();
      });
    });
    number_ = replication_.when_acknowledged(
        revision_, preference_.peers, deadline_ms_,
        [errand = room_.begin_errand(), guest, &room = room_](Acknowledged) { room.wake(guest); });
  }

  // Answers: it is woken when its wait is over, whatever ended it.
  void wake() override {
    if (!job_) return;
    job_->run([this](Call &call) { answer(call, replication_.acknowledged(revision_), go_on_); });
    leave();
  }

 private:
  void leave() {
    job_.reset();
    room_.leave(shared_from_this());
  }

  WaitRoom &room_;
  replication::Replication &replication_;
  const ReplicatePreference preference_;
  const uint64_t revision_;
  const uint64_t deadline_ms_;
  const GoOn go_on_;
  std::shared_ptr<Detached> job_;  // null: it is over
  uint64_t number_ = 0;
};

}  // namespace

std::optional<Fault> read_replicate(std::string_view prefer,
                                    std::optional<ReplicatePreference> &preference) {
  std::string_view rest = prefer;
  while (!rest.empty()) {
    std::string_view element = trimmed(cut(rest, ','));
    std::string_view value = trimmed(cut(element, ';'));
    if (!same_word(trimmed(cut(value, '=')), "replicate")) continue;
    value = trimmed(value);
    const auto number = parse_decimal(value);
    if (!number && value != "all") {
      return Fault{Problem::kBadRequest, "Prefer: replicate: expected all or a number", 0};
    }
    std::optional<std::chrono::seconds> wait;
    if (auto fault = parse_wait(prefer, wait)) return fault;
    preference = ReplicatePreference{number ? static_cast<size_t>(*number) : SIZE_MAX,
                                     wait.value_or(std::chrono::seconds(0))};
    return std::nullopt;
  }
  return std::nullopt;
}

void when_replicated(Call &call, ReplicatePreference preference, uint64_t revision,
                     const std::function<void(Call &)> &go_on) {
  Shared &shared = call.shared();
  if (shared.options.replication == nullptr) return go_on(call);
  const Acknowledged now = shared.options.replication->acknowledged(revision);
  const bool waits =
      preference.wait.count() > 0 && !shared.draining && !now.suffices(preference.peers);
  if (!waits) return answer(call, now, go_on);
  const auto wait = std::make_shared<PeerWait>(shared, preference, revision, go_on);
  if (!shared.waits.admit(wait)) return answer(call, now, go_on);
  wait->hold(Detached::take(call, Body::kDrop));
  shared.waits.post([wait] { wait->start(); });
}

}  // namespace navistore::api
