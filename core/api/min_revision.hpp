// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/api/call.hpp"

namespace navistore::api {

// Navi-Min-Revision: hands the call on when this server has that revision. Else it waits for it as
// long as Prefer allows, then 503 replica-behind; a revision of another epoch is that at once.
void route_at_revision(Call &call);

}  // namespace navistore::api
