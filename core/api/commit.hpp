// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/api/call.hpp"
#include "core/api/conditions.hpp"
#include "core/store/transaction.hpp"

namespace navistore::api {

using CommitAnswer = std::function<void(Call &, const store::CommitResult &)>;

// Commits and lets answer word what became of it: kCommitted or kConflict. kFailed is answered
// here. other_revisions: see Precondition.
void commit(Call &call, store::Transaction transaction, std::vector<uint64_t> other_revisions,
            CommitAnswer answer);

// 412 with the version that is current, for one key.
void fail_precondition(Call &call, const store::CommitResult &conflict);

// Writes the member "current": the tag of a revision, or null when the key is absent.
void write_current(const Call &call, uint64_t revision, json::Writer &members);

// 503 read-only when the server takes no writes; true: the call is answered.
bool refuses_writes(Call &call);

}  // namespace navistore::api
