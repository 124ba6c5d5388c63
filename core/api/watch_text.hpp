// SPDX-License-Identifier: Apache-2.0
// Events as they are written to watchers.
#pragma once

#include <optional>
#include <string>

#include "core/api/item_json.hpp"
#include "core/api/watch_query.hpp"
#include "core/store/feed.hpp"
#include "core/store/item.hpp"

namespace navistore::api {

// What a stream says besides changes.
enum class Mark : uint8_t {
  kProgress,  // nothing happened up to the cursor
  kSynced,    // all that was there has been shown
  kReset,     // what was shown is void
  kOverflow,  // the client was too slow: what follows the cursor was not kept
};

// Appends events to a text. A cursor is the revision behind which a watch can be resumed: given for
// the last event of a transaction.
class WatchText {
 public:
  using Cursor = std::optional<uint64_t>;
  WatchText(WatchForm form, const ItemStyle &style) : form_(form), style_(style) {}
  bool same_as(const WatchText &other) const {
    return form_ == other.form_ && style_.epoch == other.style_.epoch &&
           style_.include == other.style_.include && style_.encoding == other.style_.encoding;
  }

  // In kPoll one element of an array, without cursor and comma.
  void change(const store::Event &event, Cursor cursor, std::string &out) const;
  void item(const store::ItemView &item, std::string &out) const;  // that is there: shown as a put
  void mark(Mark mark, Cursor cursor, std::string &out) const;
  // A cursor alone, which is no event, but what a browser resumes with (HTML 9.2.6); other forms
  // have no such thing.
  void start(uint64_t revision, std::string &out) const;

 private:
  json::Writer begin(std::string_view name, Cursor cursor, std::string &out) const;
  void end(json::Writer &json, Cursor cursor, std::string &out) const;
  void append_id(uint64_t revision, std::string &out) const;

  const WatchForm form_;
  const ItemStyle style_;
};

}  // namespace navistore::api
