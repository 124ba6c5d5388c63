// SPDX-License-Identifier: Apache-2.0
// Lists as they were answered last, so that one that has not changed is read and rendered once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/api/call.hpp"
#include "core/api/list_query.hpp"
#include "core/mutex.hpp"

namespace navistore::api {

struct KnownList {
  Version version;          // the newest change under the prefix when it was read
  uint64_t revision = 0;    // a state that it shows
  uint64_t read_ms = 0;     // it is what the store would show from then
  uint64_t expires_ms = 0;  // until then, Unix time, while nothing changes under the prefix
  std::string fields;       // of the answer
  std::string body;
  size_t revision_at = 0;  // where the body tells the revision, in so many digits
  size_t revision_size = 0;
  size_t bytes() const { return fields.size() + body.size(); }
};
using KnownListPtr = std::shared_ptr<const KnownList>;

// Bounded by bytes; the least recently used lists go first. Only what is asked for twice is kept:
// who pages through everything once displaces nothing. [any thread]
class ListCache {
 public:
  explicit ListCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  KnownListPtr find(const std::string &request) NAVISTORE_EXCLUDES(mutex_);
  // Whether this request was asked about before, not long ago.
  bool wants(const std::string &request);
  // One that takes more than a quarter of the room is not kept.
  void keep(const std::string &request, KnownListPtr list) NAVISTORE_EXCLUDES(mutex_);

  bool enabled() const { return max_bytes_ != 0; }
  size_t bytes() const NAVISTORE_EXCLUDES(mutex_);
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> misses{0};

 private:
  struct Entry {
    std::string request;
    KnownListPtr list;
    size_t bytes() const { return request.size() + list->bytes(); }
  };
  using Entries = std::list<Entry>;
  void drop(Entries::iterator entry, Entries &to) NAVISTORE_REQUIRES(mutex_);

  const size_t max_bytes_;
  std::array<std::atomic<size_t>, 256> asked_{};  // hashes of requests
  mutable Mutex mutex_;
  Entries entries_ NAVISTORE_GUARDED_BY(mutex_);  // the last used one first
  std::unordered_map<std::string_view, Entries::iterator> by_request_ NAVISTORE_GUARDED_BY(mutex_);
  size_t bytes_ NAVISTORE_GUARDED_BY(mutex_) = 0;
};

// Answers with the list as it is known, if it still is what the store would show: as
// linearizable as a scan, because what any read or write showed before is in the feed's account of
// the prefix. False: nothing was answered. Does not block. A body of more than `most` bytes is left
// to the reader pool.
bool answer_known_list(Call &call, const ListQuery &query, size_t most);
// Keeps the answer at hand, without what every answer carries. version: of the list, taken before
// it was read; since_ms: the store's clock at that time.
void keep_list(Call &call, const ListQuery &query, Version version, uint64_t since_ms, Shown shown);

}  // namespace navistore::api
