// SPDX-License-Identifier: Apache-2.0
// What a watch is asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/api/call.hpp"
#include "core/api/item_json.hpp"
#include "core/store/feed.hpp"

namespace navistore::api {

// How the events travel: server-sent events, one JSON object a line, or one answer a request.
enum class WatchForm : uint8_t { kEvents, kLines, kPoll };

// Which kinds of events are wanted.
class EventKinds {
 public:
  void add(store::Event::Kind kind) { bits_ |= bit(kind); }
  bool has(store::Event::Kind kind) const { return (bits_ & bit(kind)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static unsigned bit(store::Event::Kind kind) { return 1U << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

struct WatchQuery {
  WatchForm form = WatchForm::kEvents;
  store::Interest interest{store::Interest::Kind::kPrefix, {}};
  enum class Since : uint8_t { kNow, kBeginning, kCursor } since = Since::kNow;
  Version cursor;  // kCursor: only changes after it
  // kFirst: the items that are there are sent first, unless a cursor can be resumed.
  enum class Items : uint8_t { kNone, kFirst } items = Items::kNone;
  Include include = Include::kValues;  // kMeta or kValues
  json::Encoding encoding = json::Encoding::kText;
  EventKinds kinds;
  // kPoll
  size_t limit = 1'000;  // events, but at least one transaction
  std::chrono::seconds wait{50};
  std::optional<std::chrono::seconds> preferred_wait;  // where wait comes from Prefer
};

// From the query, Last-Event-ID, Accept and Prefer. Faults: unknown, wrong or contradictory
// parameters; an Accept that covers none of the forms.
std::optional<Fault> read_watch_query(const Call &call, WatchQuery &query);

}  // namespace navistore::api
