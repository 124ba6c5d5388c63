// SPDX-License-Identifier: Apache-2.0
// The texts of the newest events, so that an event is rendered once for all who watch it alike.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "core/api/watch_text.hpp"
#include "core/http/message.hpp"
#include "core/store/feed.hpp"

namespace navistore::api {

// Bounded by texts and bytes, but the last one is always kept. Not thread-safe: it is used in
// turn of Shared::watches.
class RenderedEvents {
 public:
  // The text of an event, with its cursor where it is the last of its transaction.
  http::SharedText text(const std::shared_ptr<const store::Event> &event, store::Event::Place place,
                        const WatchText &style);

 private:
  struct Rendered {
    std::shared_ptr<const store::Event> event;  // kept, so that no other one gets its address
    store::Event::Place place;
    WatchText style;
    http::SharedText text;
  };

  std::deque<Rendered> rendered_;  // the newest is the last
  size_t bytes_ = 0;
};

}  // namespace navistore::api
