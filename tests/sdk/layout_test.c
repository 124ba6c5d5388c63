/* SPDX-License-Identifier: Apache-2.0 */
/* Size and place of every member of every public struct. Valid C99 and C++11: the header matrix
 * compiles it. */
#include "navistore/backend.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define HOLDS(condition) typedef char JOIN(holds_, __LINE__)[(condition) ? 1 : -1]
#define SIZE(type, size) HOLDS(sizeof(type) == (size))
#define AT(type, member, offset) HOLDS(offsetof(type, member) == (offset))

SIZE(navi_error, 256);
AT(navi_error, size, 0);
AT(navi_error, flags, 4);
AT(navi_error, native, 8);
AT(navi_error, retry_ms, 16);
AT(navi_error, text, 24);

SIZE(navi_bytes, 16);
AT(navi_bytes, ptr, 0);
AT(navi_bytes, len, 8);

SIZE(navi_item, 72);
AT(navi_item, key, 0);
AT(navi_item, value, 16);
AT(navi_item, meta, 32);
AT(navi_item, revision, 48);
AT(navi_item, expires_ms, 56);
AT(navi_item, flags, 64);
AT(navi_item, zero, 68);

SIZE(navi_check, 32);
AT(navi_check, key, 0);
AT(navi_check, revision, 16);
AT(navi_check, kind, 24);
AT(navi_check, zero, 28);

SIZE(navi_op, 64);
AT(navi_op, key, 0);
AT(navi_op, value, 16);
AT(navi_op, meta, 32);
AT(navi_op, expires_ms, 48);
AT(navi_op, kind, 56);
AT(navi_op, flags, 60);

SIZE(navi_txn, 40);
AT(navi_txn, checks, 0);
AT(navi_txn, ops, 8);
AT(navi_txn, n_checks, 16);
AT(navi_txn, n_ops, 20);
AT(navi_txn, flags, 24);
AT(navi_txn, zero, 28);
AT(navi_txn, found, 32);

SIZE(navi_result, 24);
AT(navi_result, status, 0);
AT(navi_result, detail, 4);
AT(navi_result, revision, 8);
AT(navi_result, current, 16);

SIZE(navi_change, 80);
AT(navi_change, item, 0);
AT(navi_change, kind, 72);
AT(navi_change, flags, 76);

SIZE(navi_read, 40);
AT(navi_read, size, 0);
AT(navi_read, flags, 4);
AT(navi_read, now_ms, 8);
AT(navi_read, timeout_ms, 16);
AT(navi_read, keys, 24);
AT(navi_read, n, 32);

SIZE(navi_apply, 40);
AT(navi_apply, size, 0);
AT(navi_apply, flags, 4);
AT(navi_apply, now_ms, 8);
AT(navi_apply, timeout_ms, 16);
AT(navi_apply, txns, 24);
AT(navi_apply, n, 32);

SIZE(navi_scan, 72);
AT(navi_scan, size, 0);
AT(navi_scan, flags, 4);
AT(navi_scan, now_ms, 8);
AT(navi_scan, timeout_ms, 16);
AT(navi_scan, start, 24);
AT(navi_scan, end, 40);
AT(navi_scan, max_items, 56);
AT(navi_scan, max_bytes, 64);

SIZE(navi_tail, 48);
AT(navi_tail, size, 0);
AT(navi_tail, flags, 4);
AT(navi_tail, now_ms, 8);
AT(navi_tail, timeout_ms, 16);
AT(navi_tail, after, 24);
AT(navi_tail, max_items, 32);
AT(navi_tail, max_bytes, 40);

SIZE(navi_reply, 16);
AT(navi_reply, size, 0);
AT(navi_reply, flags, 4);
AT(navi_reply, revision, 8);

SIZE(navi_stats, 56);
AT(navi_stats, size, 0);
AT(navi_stats, flags, 4);
AT(navi_stats, items, 8);
AT(navi_stats, bytes, 16);
AT(navi_stats, revision, 24);
AT(navi_stats, durable_revision, 32);
AT(navi_stats, oldest_change, 40);
AT(navi_stats, next_expiry_ms, 48);

SIZE(navi_caps, 64);
AT(navi_caps, size, 0);
AT(navi_caps, zero, 4);
AT(navi_caps, flags, 8);
AT(navi_caps, max_key, 16);
AT(navi_caps, max_value, 24);
AT(navi_caps, max_meta, 32);
AT(navi_caps, max_txn_ops, 40);
AT(navi_caps, max_txn_bytes, 48);
AT(navi_caps, max_batch, 56);

SIZE(navi_sink, 16);
AT(navi_sink, ctx, 0);
AT(navi_sink, item, 8);

SIZE(navi_change_sink, 16);
AT(navi_change_sink, ctx, 0);
AT(navi_change_sink, change, 8);

SIZE(navi_host, 56);
AT(navi_host, size, 0);
AT(navi_host, zero, 4);
AT(navi_host, ctx, 8);
AT(navi_host, name, 16);
AT(navi_host, version, 24);
AT(navi_host, log, 32);
AT(navi_host, now_ms, 40);
AT(navi_host, get_interface, 48);

SIZE(navi_open, 48);
AT(navi_open, size, 0);
AT(navi_open, flags, 4);
AT(navi_open, host, 8);
AT(navi_open, config, 16);
AT(navi_open, data_dir, 24);
AT(navi_open, ns, 32);
AT(navi_open, now_ms, 40);

SIZE(navi_store_api, 80);
AT(navi_store_api, size, 0);
AT(navi_store_api, zero, 4);
AT(navi_store_api, open, 8);
AT(navi_store_api, close, 16);
AT(navi_store_api, read, 24);
AT(navi_store_api, apply, 32);
AT(navi_store_api, scan, 40);
AT(navi_store_api, sync, 48);
AT(navi_store_api, clear, 56);
AT(navi_store_api, stats, 64);
AT(navi_store_api, interrupt, 72);

SIZE(navi_changes_api, 24);
AT(navi_changes_api, size, 0);
AT(navi_changes_api, zero, 4);
AT(navi_changes_api, read, 8);
AT(navi_changes_api, trim, 16);

SIZE(navi_watch_api, 16);
AT(navi_watch_api, size, 0);
AT(navi_watch_api, zero, 4);
AT(navi_watch_api, arm, 8);

SIZE(navi_upkeep_api, 40);
AT(navi_upkeep_api, size, 0);
AT(navi_upkeep_api, zero, 4);
AT(navi_upkeep_api, purge, 8);
AT(navi_upkeep_api, compact, 16);
AT(navi_upkeep_api, verify, 24);
AT(navi_upkeep_api, backup, 32);

SIZE(navi_entry, 64);
AT(navi_entry, magic, 0);
AT(navi_entry, size, 8);
AT(navi_entry, header, 12);
AT(navi_entry, id, 16);
AT(navi_entry, version, 24);
AT(navi_entry, about, 32);
AT(navi_entry, get_interface, 40);
AT(navi_entry, zero, 48);

int main(void) { return 0; }
