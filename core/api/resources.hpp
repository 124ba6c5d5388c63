// SPDX-License-Identifier: Apache-2.0
// The resources of the API. Each answers its call, or holds it and answers later; none blocks the
// thread that it is called on.
#pragma once

#include "core/api/call.hpp"

namespace navistore::api {

void get_item(Call &call);  // also HEAD
void put_item(Call &call);
void delete_item(Call &call);
void list_items(Call &call);  // also HEAD
void delete_range(Call &call);
void bulk_get(Call &call);
void bulk_write(Call &call);
void run_transaction(Call &call);
void watch_changes(Call &call);  // also HEAD
void show_peers(Call &call);
void set_peers(Call &call);
void resync_peer(Call &call);
void show_replication(Call &call);
void apply_changes(Call &call);
void show_live(Call &call);
void show_ready(Call &call);
void show_metrics(Call &call);
void show_info(Call &call);
void show_conformance(Call &call);
void reset_store(Call &call);
void compact_store(Call &call);

}  // namespace navistore::api
