// SPDX-License-Identifier: Apache-2.0
// Lists as they were answered last, so that one that has not changed is read and rendered once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/api/answer_cache.hpp"
#include "core/api/call.hpp"
#include "core/api/list_query.hpp"

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

class ListCache final : public AnswerCache<KnownList> {
 public:
  using AnswerCache::AnswerCache;
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
