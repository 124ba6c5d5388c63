// SPDX-License-Identifier: Apache-2.0
// The tables of the optional interfaces.
#pragma once
#include "navistore/detail/request.hpp"

namespace navistore::backend::detail {

template <class Store>
class ChangesTable {
 public:
  static navi_status read(navi_store *store, const navi_tail *request, const navi_change_sink *sink,
                          navi_reply *out, navi_error *error) noexcept {
    navi_reply reply = sized<navi_reply>();
    const navi_status status = guard_request(
        request, NAVI_F_NO_VALUE, error,
        [&](const navi_tail &full) { self<Store>(store).changes(full, ChangeSink(*sink), reply); });
    if (status == NAVI_OK || status == NAVI_COMPACTED) write_out(out, reply);
    return status;
  }

  static navi_status trim(navi_store *store, uint64_t before, navi_error *error) noexcept {
    return guard(error, [&] {
      self<Store>(store).trim(before);
      return NAVI_OK;
    });
  }

  static constexpr navi_changes_api kApi = {sizeof(navi_changes_api), 0, &read, &trim};
};

template <class Store>
class WatchTable {
 public:
  static navi_status arm(navi_store *store, void (*bell)(void *) noexcept, void *ctx,
                         navi_error *error) noexcept {
    return guard(error, [&] {
      self<Store>(store).arm(bell, ctx);
      return NAVI_OK;
    });
  }

  static constexpr navi_watch_api kApi = {sizeof(navi_watch_api), 0, &arm};
};

template <class Store>
class UpkeepTable {
 public:
  static navi_status purge(navi_store *store, uint64_t now_ms, uint64_t max_items, navi_reply *out,
                           navi_error *error) noexcept {
    return guard_reply(
        out, error, [&](navi_reply &reply) { self<Store>(store).purge(now_ms, max_items, reply); });
  }

  static navi_status compact(navi_store *store, uint64_t timeout_ms, navi_error *error) noexcept {
    return guard(error, [&] {
      self<Store>(store).compact(timeout_ms);
      return NAVI_OK;
    });
  }

  static navi_status verify(navi_store *store, uint64_t timeout_ms, navi_error *error) noexcept {
    return guard(error, [&] {
      self<Store>(store).verify(timeout_ms);
      return NAVI_OK;
    });
  }

  static navi_status backup(navi_store *store, const char *empty_dir, navi_reply *out,
                            navi_error *error) noexcept {
    return guard_reply(out, error,
                       [&](navi_reply &reply) { self<Store>(store).backup(empty_dir, reply); });
  }

  static constexpr navi_upkeep_api kApi = {
      sizeof(navi_upkeep_api), 0, &purge, &compact, &verify, &backup};
};

}  // namespace navistore::backend::detail
