// SPDX-License-Identifier: Apache-2.0
// Turns a store class into the tables of navistore/backend.h. Nothing here allocates, but for what
// the store does.
#pragma once
#include <memory>
#include <type_traits>

#include "navistore/detail/members.hpp"
#include "navistore/detail/optional.hpp"
#include "navistore/detail/request.hpp"

namespace navistore::backend::detail {

template <class Store>
class Adapter {
  static_assert(Complete<Store>::kValue);

 public:
  static const void *get_interface(const char *id) noexcept {
    const std::string_view wanted(id);
    if (wanted == NAVI_STORE_1) return &kStoreApi;
    if constexpr (kHasChanges<Store>) {
      if (wanted == NAVI_CHANGES_1) return &ChangesTable<Store>::kApi;
    }
    if constexpr (kHasWatch<Store>) {
      if (wanted == NAVI_WATCH_1) return &WatchTable<Store>::kApi;
    }
    if constexpr (kHasUpkeep<Store>) {
      if (wanted == NAVI_UPKEEP_1) return &UpkeepTable<Store>::kApi;
    }
    return nullptr;
  }

 private:
  static navi_status open(const navi_open *request, navi_store **out, navi_caps *caps,
                          navi_error *error) noexcept {
    *out = nullptr;
    return guard_request(request, NAVI_OPEN_READ_ONLY | NAVI_OPEN_MUST_EXIST, error,
                         [&](const navi_open &full) {
                           if (!is_namespace(full.ns))
                             throw Failure(NAVI_INVALID, "ns is malformed");
                           navi_caps offered = sized<navi_caps>();
                           std::unique_ptr<Store> store = Store::open(full, offered);
                           if (store == nullptr) throw Failure(NAVI_INTERNAL, "open gave no store");
                           write_out(caps, offered);
                           *out = reinterpret_cast<navi_store *>(store.release());
                         });
  }

  static void close(navi_store *store) noexcept { delete &self<Store>(store); }

  static navi_status read(navi_store *store, const navi_read *request, const navi_sink *sink,
                          navi_reply *out, navi_error *error) noexcept {
    constexpr uint32_t kFlags = NAVI_F_SNAPSHOT | NAVI_F_NO_VALUE | NAVI_F_STALE_OK;
    return guard_request(request, kFlags, error, [&](const navi_read &full) {
      navi_reply reply = sized<navi_reply>();
      self<Store>(store).read(full, ItemSink(*sink), reply);
      write_out(out, reply);
    });
  }

  static navi_status apply(navi_store *store, const navi_apply *request, navi_result *results,
                           navi_error *error) noexcept {
    return guard_request(request, NAVI_F_DURABLE, error, [&](const navi_apply &full) {
      Undecided undecided(results, full.n);
      self<Store>(store).apply(full, results);
      undecided.settle();
    });
  }

  static navi_status scan(navi_store *store, const navi_scan *request, const navi_sink *sink,
                          navi_reply *out, navi_error *error) noexcept {
    constexpr uint32_t kFlags = NAVI_F_NO_VALUE | NAVI_F_STALE_OK | NAVI_F_AFTER | NAVI_F_REVERSE;
    return guard_request(request, kFlags, error, [&](const navi_scan &full) {
      navi_reply reply = sized<navi_reply>();
      self<Store>(store).scan(full, ItemSink(*sink), reply);
      write_out(out, reply);
    });
  }

  static navi_status sync(navi_store *store, uint64_t timeout_ms, navi_reply *out,
                          navi_error *error) noexcept {
    return guard_reply(out, error,
                       [&](navi_reply &reply) { self<Store>(store).sync(timeout_ms, reply); });
  }

  static navi_status clear(navi_store *store, const navi_apply *request, navi_reply *out,
                           navi_error *error) noexcept {
    return guard_request(request, NAVI_F_DURABLE, error, [&](const navi_apply &full) {
      if (full.n != 0) throw Failure(NAVI_INVALID, "clear takes no transactions");
      navi_reply reply = sized<navi_reply>();
      self<Store>(store).clear(full, reply);
      write_out(out, reply);
    });
  }

  static navi_status stats(navi_store *store, navi_stats *out, navi_error *error) noexcept {
    return guard(error, [&] {
      navi_stats stats = sized<navi_stats>();
      self<Store>(store).stats(stats);
      write_out(out, stats);
      return NAVI_OK;
    });
  }

  static void interrupt(navi_store *store) noexcept { self<Store>(store).interrupt(); }

  static constexpr navi_store_api kStoreApi = {sizeof(navi_store_api),
                                               0,
                                               &open,
                                               &close,
                                               &read,
                                               &apply,
                                               &scan,
                                               &sync,
                                               &clear,
                                               &stats,
                                               &interrupt};
};

}  // namespace navistore::backend::detail
