// SPDX-License-Identifier: Apache-2.0
// Preconditions of writes: judged by the backend, together with the write.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/call.hpp"
#include "core/store/transaction.hpp"

namespace navistore::api {

struct Precondition {
  std::vector<store::Condition> conditions;
  // If-Match named several versions: the first condition may hold for any of these instead.
  std::vector<uint64_t> other_revisions;
};

// If-Match and If-None-Match of a PUT, or If-Match of a DELETE. A tag that cannot be current (weak,
// of another epoch, none of ours) becomes a condition that never holds, so that the answer carries
// the current version. Faults: wrong syntax, If-None-Match with anything but '*' or on a DELETE.
std::optional<Fault> read_precondition(const Call &call, std::string_view key,
                                       Precondition &precondition);

// The condition that a tag stands for; weak and foreign tags never hold.
store::Condition condition_of(const Tag &tag, uint64_t epoch, std::string_view key);

// Faults of the syntax of If-Match and If-None-Match.
std::optional<Fault> check_tag_lists(const Headers &headers);

// If-Match of a GET names no version but others than this one.
void fail_not_current(Call &call, Version version);

}  // namespace navistore::api
