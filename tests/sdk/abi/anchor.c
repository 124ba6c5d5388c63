/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose functions name every public struct, for abidiff: in a plugin the tables hide
 * behind const void *. */
#include "navistore/backend.h"

#define ANCHOR(type)                          \
  NAVI_EXPORT int anchor_##type(type *value); \
  int anchor_##type(type *value) { return value != NULL; }

ANCHOR(navi_error)
ANCHOR(navi_bytes)
ANCHOR(navi_item)
ANCHOR(navi_check)
ANCHOR(navi_op)
ANCHOR(navi_txn)
ANCHOR(navi_result)
ANCHOR(navi_change)
ANCHOR(navi_read)
ANCHOR(navi_apply)
ANCHOR(navi_scan)
ANCHOR(navi_tail)
ANCHOR(navi_reply)
ANCHOR(navi_stats)
ANCHOR(navi_caps)
ANCHOR(navi_sink)
ANCHOR(navi_change_sink)
ANCHOR(navi_host)
ANCHOR(navi_open)
ANCHOR(navi_store_api)
ANCHOR(navi_changes_api)
ANCHOR(navi_watch_api)
ANCHOR(navi_upkeep_api)
ANCHOR(navi_entry)
