// SPDX-License-Identifier: Apache-2.0
// What goes into a store and what comes out of it, as plain values.
#pragma once

#include <navistore/backend.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace navistore::conformance {

// The time that calls pass unless a case says otherwise (2023-11-14, in milliseconds).
constexpr uint64_t kNow = 1'700'000'000'000;

struct Item {
  std::string key, value, meta;
  uint64_t revision = 0, expires_ms = 0;
};

// How a call is made: flags of navi_read, navi_apply, navi_scan, navi_tail; the time; the time
// limit (0: none).
struct Call {
  uint32_t flags = 0;
  uint64_t now_ms = kNow;
  uint64_t timeout_ms = 0;
};

// A transaction under construction: Txn().absent("a").put("b", "2").del("c").
struct Txn {
  struct Check {
    std::string key;
    uint32_t kind;
    uint64_t revision;
  };
  struct Op {
    std::string key, value, meta;
    uint64_t expires_ms;
    uint32_t kind;
  };
  std::vector<Check> checks;
  std::vector<Op> ops;
  uint32_t flags = 0;

  Txn &absent(std::string key) { return check({std::move(key), NAVI_CHECK_ABSENT, 0}); }
  Txn &present(std::string key) { return check({std::move(key), NAVI_CHECK_PRESENT, 0}); }
  Txn &revision_is(std::string key, uint64_t revision) {
    return check({std::move(key), NAVI_CHECK_REV_EQ, revision});
  }
  Txn &put(std::string key, std::string value, std::string meta = {}, uint64_t expires_ms = 0) {
    ops.push_back({std::move(key), std::move(value), std::move(meta), expires_ms, NAVI_OP_PUT});
    return *this;
  }
  Txn &del(std::string key) {
    ops.push_back({std::move(key), {}, {}, 0, NAVI_OP_DELETE});
    return *this;
  }
  Txn &check(Check added) {
    checks.push_back(std::move(added));
    return *this;
  }
};

// The call status, and the reply with it. On a failure `error` is the plugin's text.
struct Reply {
  navi_status status = NAVI_OK;
  uint64_t revision = 0;
  bool more = false;
  std::string error;
  bool ok() const noexcept { return status == NAVI_OK; }
};

struct ReadAnswer : Reply {
  std::vector<std::optional<Item>> items;  // one for each key asked for
};

struct ScanRequest {
  std::string start, end;  // empty: from the first, to the last key
  uint32_t flags = 0;
  uint64_t max_items = 0, max_bytes = 0;
  uint64_t now_ms = kNow;
  uint64_t timeout_ms = 0;
  size_t stop_after = SIZE_MAX;  // the sink says stop at this item
};

struct ScanAnswer : Reply {
  std::vector<Item> items;
};

struct TxnResult {
  navi_status status = NAVI_MAYBE;
  uint32_t detail = 0;
  uint64_t revision = 0, current = 0;
  std::vector<uint8_t> found;  // one for each op; meaningful when ok()
  navi_status call = NAVI_OK;  // the status of the apply call that carried it
  std::string error;
  bool ok() const noexcept { return status == NAVI_OK; }
};

struct ApplyAnswer {
  navi_status status = NAVI_OK;
  std::vector<TxnResult> results;
  std::string error;
  bool ok() const noexcept { return status == NAVI_OK; }
};

struct TailRequest {
  uint64_t after = 0;  // exclusive
  uint32_t flags = 0;
  uint64_t max_items = 0, max_bytes = 0;
  uint64_t now_ms = kNow;
  uint64_t timeout_ms = 0;
  size_t stop_after = SIZE_MAX;
};

struct Change {
  uint32_t kind = 0, flags = 0;
  Item item;
  bool last() const noexcept { return (flags & NAVI_CHANGE_LAST) != 0; }
};

struct ChangesAnswer : Reply {
  std::vector<Change> changes;
};

struct StatsAnswer : Reply {
  navi_stats stats{};
};

// "OK", "CONFLICT", ..., or "status 77".
std::string status_name(navi_status status);
// Whether the contract defines it. Codes added later are classified by range, but this suite knows
// none of them.
bool status_is_known(navi_status status);
bool nothing_applied(navi_status status);  // 1..31
bool outcome_unknown(navi_status status);  // 32 and up
bool store_is_dead(navi_status status);    // 64 and up

// "a=1 b=2", each byte outside 0x21..0x7e and '%', '=' as %XX. Long values are cut to their length.
std::string render(const std::vector<Item> &items);
std::string escape(const std::string &bytes);

}  // namespace navistore::conformance
