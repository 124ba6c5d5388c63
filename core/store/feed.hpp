// SPDX-License-Identifier: Apache-2.0
// Committed changes in revision order, for whoever waits: blocking reads, watchers, replication.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace navistore::store {

struct Event {  // one change; immutable and shared by all who watch it
  enum class Kind : uint8_t { kPut, kDelete, kExpire, kClear } kind = Kind::kPut;
  std::string key;
  std::string value;
  std::string meta;  // encoded, see item.hpp
  uint64_t revision = 0;
  uint64_t expires_ms = 0;
  enum class Place : uint8_t {
    kInside,
    kLast
  } place = Place::kLast;  // kLast: last of its transaction
};

// What somebody watches: exactly one key, or all keys with a prefix (empty: every key).
struct Interest {
  enum class Kind : uint8_t { kKey, kPrefix } kind = Kind::kKey;
  std::string text;
};

class Feed {
 public:
  virtual ~Feed() = default;
  // Keeps a registration alive; destroying it ends it: no callback runs after the destructor
  // returned (so never destroy it under a lock that the callback takes).
  class Registration {
   public:
    virtual ~Registration() = default;
  };
  // Calls changed(revision) on the feed thread for each transaction after the call that touches the
  // interest; the callback only hands over to its own thread.
  virtual std::unique_ptr<Registration> on_change(
      Interest interest, std::function<void(uint64_t revision)> changed) = 0;
  // The newest revision of a change under the prefix that this feed saw since it started, else its
  // start revision. On a store that is not SHARED it includes every commit that was answered.
  virtual uint64_t newest_under(std::string_view prefix) const = 0;
  virtual uint64_t start_revision() const = 0;
  // Every change up to this revision is included in newest_under() and was handed to on_change
  // callbacks registered before it.
  virtual uint64_t position() const = 0;
};

}  // namespace navistore::store
