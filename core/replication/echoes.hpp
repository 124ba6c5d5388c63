// SPDX-License-Identifier: Apache-2.0
// What was pushed lately to peers that may repeat it to us as if a client had written it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/mutex.hpp"

namespace navistore::replication {

// Each push is expected back once, for two seconds, bounded in number. [any thread]
class Echoes {
 public:
  using Value = std::optional<std::string_view>;  // nothing: a delete

  // Right before the call to the peer.
  void push(const std::string &peer, std::string_view key, Value value) NAVISTORE_EXCLUDES(mutex_);
  // The peer is a server of ours, whose echo comes within the call: none is expected any more.
  void forget(const std::string &peer, std::string_view key, Value value)
      NAVISTORE_EXCLUDES(mutex_);
  // Whether the peer repeats what is pushed to it, as far as it tells.
  void tell(const std::string &peer, bool repeats) NAVISTORE_EXCLUDES(mutex_);

  struct Echo {
    std::string peer;
    bool repeats = false;  // the peer is known to do so
  };
  // Whether a write may be the echo of a push, which is not expected again then.
  std::optional<Echo> take(std::string_view key, Value value) NAVISTORE_EXCLUDES(mutex_);

 private:
  struct Pushed {
    std::string peer;
    uint64_t what;  // hash of key and value
    uint64_t until_ms;
  };
  void drop_old() NAVISTORE_REQUIRES(mutex_);

  Mutex mutex_;
  std::deque<Pushed> pushed_ NAVISTORE_GUARDED_BY(mutex_);  // the oldest first
  std::set<std::string> repeaters_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace navistore::replication
