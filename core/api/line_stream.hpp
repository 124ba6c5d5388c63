// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/api/call.hpp"
#include "core/api/list_query.hpp"

namespace navistore::api {

// Answers a list as NDJSON: one item or prefix a line, then {"end":true,"count":N,"revision":R}.
// Pages are read as fast as the client takes them; without the end line the list was cut short.
// The head's other fields are in the response already. [reader pool]
void stream_lines(Call &call, const ListQuery &query);

}  // namespace navistore::api
