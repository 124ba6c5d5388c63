// SPDX-License-Identifier: Apache-2.0
// What streams and long polls of /v1/watch have in common.
#pragma once

#include <memory>
#include <vector>

#include "core/api/call.hpp"
#include "core/api/wait_room.hpp"
#include "core/api/watch_query.hpp"
#include "core/store/feed.hpp"

namespace navistore::api {

// Where a watch begins: behind a revision of an epoch.
struct WatchStart {
  Version after;
  // kGone: what follows the cursor cannot be had, or it is none of this store.
  enum class Kind : uint8_t { kResumable, kGone } kind = Kind::kResumable;
};
// [any thread]
WatchStart start_of(const WatchQuery &query, const store::Store &store);

// A watcher of the store whose news are told in turn of Shared::watches, where alone it is used.
// All that it gives is of one epoch.
class Subscription {
 public:
  using Taken = store::Watcher::Taken;

  // The guest is woken when there is something to take.
  Subscription(Shared &shared, const store::Interest &interest, Version after,
               std::weak_ptr<WaitRoom::Guest> guest);

  // As Watcher::take(). kReset, too, once the store's epoch is another one.
  Taken take(size_t max_notices);

 private:
  Shared &shared_;
  const uint64_t epoch_;
  const std::unique_ptr<store::Watcher> watcher_;
};

// Calls show(event, place) for those of whole transactions that are wanted; place tells whether it
// is the last of its transaction among them. event is a shared pointer.
template <class Wanted, class Show>
void show_wanted(const std::vector<store::Notice> &notices, Wanted wanted, Show show) {
  using Place = store::Event::Place;
  const std::shared_ptr<const store::Event> *held = nullptr;  // until that is known
  for (const store::Notice &notice : notices) {
    if (wanted(*notice.event)) {
      if (held != nullptr) show(*held, Place::kInside);
      held = &notice.event;
    }
    if (notice.place != Place::kLast || held == nullptr) continue;
    show(*held, Place::kLast);
    held = nullptr;
  }
}

// Answers a watch whose cursor cannot be resumed: 410, with the oldest one that can. Blocks: reader
// pool only.
void answer_cursor_gone(Call &call);

}  // namespace navistore::api
