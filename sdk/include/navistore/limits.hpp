// SPDX-License-Identifier: Apache-2.0
// What every store checks about a transaction before it looks at its own state: form and size.
#pragma once
#include "navistore/backend.h"

namespace navistore::backend {

// True if `size` is above `limit`; a limit of 0 is none.
constexpr bool above(uint64_t size, uint64_t limit) noexcept { return limit != 0 && size > limit; }

// Whether a key may be written or checked: NAVI_OK, NAVI_INVALID (empty) or NAVI_TOO_LARGE (above
// caps.max_key).
inline navi_status check_key(const navi_bytes &key, const navi_caps &caps) noexcept {
  if (key.len == 0) return NAVI_INVALID;
  return above(key.len, caps.max_key) ? NAVI_TOO_LARGE : NAVI_OK;
}

// The same for one check; NAVI_UNSUPPORTED for an unknown kind or a reserved field in use.
inline navi_status check_check(const navi_check &check, const navi_caps &caps) noexcept {
  if (check.kind < NAVI_CHECK_ABSENT || check.kind > NAVI_CHECK_REV_EQ || check.zero != 0)
    return NAVI_UNSUPPORTED;
  return check_key(check.key, caps);
}

// The same for one operation, its value and meta included. A delete's value, meta and expiry are
// ignored.
inline navi_status check_op(const navi_op &op, const navi_caps &caps) noexcept {
  if ((op.kind != NAVI_OP_PUT && op.kind != NAVI_OP_DELETE) || op.flags != 0)
    return NAVI_UNSUPPORTED;
  if (op.kind == NAVI_OP_PUT &&
      (above(op.value.len, caps.max_value) || above(op.meta.len, caps.max_meta))) {
    return NAVI_TOO_LARGE;
  }
  return check_key(op.key, caps);
}

// The status that `txn` gets whatever the store holds: NAVI_INVALID, NAVI_UNSUPPORTED or
// NAVI_TOO_LARGE; NAVI_OK when it may be judged. That no key occurs twice in its operations is the
// host's promise and not looked at.
inline navi_status check_txn(const navi_txn &txn, const navi_caps &caps) noexcept {
  if (txn.flags != 0 || txn.zero != 0) return NAVI_UNSUPPORTED;
  if (above(txn.n_ops, caps.max_txn_ops) || above(txn.n_checks, caps.max_txn_ops))
    return NAVI_TOO_LARGE;
  for (uint32_t i = 0; i < txn.n_checks; ++i) {
    if (const navi_status status = check_check(txn.checks[i], caps); status != NAVI_OK)
      return status;
  }
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const navi_op &op = txn.ops[i];
    if (const navi_status status = check_op(op, caps); status != NAVI_OK) return status;
    bytes += op.key.len + (op.kind == NAVI_OP_PUT ? op.value.len + op.meta.len : 0);
  }
  return above(bytes, caps.max_txn_bytes) ? NAVI_TOO_LARGE : NAVI_OK;
}

// Whether an item with this expiry can be seen by a request whose clock says `now_ms`.
constexpr bool visible(uint64_t expires_ms, uint64_t now_ms) noexcept {
  return expires_ms == 0 || expires_ms > now_ms;
}

}  // namespace navistore::backend
