// SPDX-License-Identifier: Apache-2.0
// Prefer: replicate=all|<n>: a write that waits until peers have it, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "core/api/call.hpp"

namespace navistore::api {

struct ReplicatePreference {
  size_t peers = 0;              // SIZE_MAX: all
  std::chrono::seconds wait{0};  // for them
};

// Nothing where it is not asked for. A number that is none is a fault, as is a wait beside it.
std::optional<Fault> read_replicate(std::string_view prefer,
                                    std::optional<ReplicatePreference> &preference);

// Goes on when so many peers have everything up to the revision, after the wait, when the server
// drains, or at once where nobody may wait any more: the answer tells how many have it. Meanwhile
// it has a seat in the room of those who wait, and it ends with its connection.
void when_replicated(Call &call, ReplicatePreference preference, uint64_t revision,
                     const std::function<void(Call &)> &go_on);

}  // namespace navistore::api
