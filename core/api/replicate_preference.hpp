// SPDX-License-Identifier: Apache-2.0
// Prefer: replicate=all|<n>: a write that waits until peers have it, too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/api/call.hpp"

namespace navistore::api {

struct ReplicatePreference {
  size_t peers = 0;  // SIZE_MAX: all
};

// Nothing where it is not asked for. A number that is none is a fault.
std::optional<Fault> read_replicate(std::string_view prefer,
                                    std::optional<ReplicatePreference> &preference);

// Goes on when so many peers have everything up to the revision, or after the wait that Prefer
// allows; the answer then tells how many have it.
void when_replicated(Call &call, ReplicatePreference preference, uint64_t revision,
                     std::function<void(Call &)> go_on);

}  // namespace navistore::api
