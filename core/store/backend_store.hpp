// SPDX-License-Identifier: Apache-2.0
// One opened store of a backend: the vtables, typed and serialised where the backend asks for it.
#pragma once

#include <navistore/backend.h>

#include <functional>
#include <memory>
#include <string>

#include "core/function_ref.hpp"
#include "core/host/backend.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"
#include "core/store/options.hpp"
#include "core/store/status.hpp"

namespace navistore::store {

uint64_t wall_clock_ms();  // Unix time

using ItemSink = FunctionRef<bool(uint64_t index, const navi_item &item)>;  // false: stop
using ChangeSink = FunctionRef<bool(const navi_change &change)>;            // false: stop

inline std::string_view view(const navi_bytes &bytes) {
  // A char may alias any object, so reading the backend's bytes as chars is defined.
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}
inline navi_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// Calls have the contract of the function of the same name in backend.h; requests are passed on
// with their size filled in. A status of the dead class is also told to `died`, on the calling
// thread, before the call returns.
class BackendStore {
 public:
  struct Place {
    std::string config;
    std::string data_dir;
    std::string ns;
    LogSink log;  // may be empty
  };
  using Died = std::function<void(BackendStore &store, const Error &why)>;

  // kRefused: the store declares other capabilities than those of the backend that were proven.
  // backend's vtables outlive the store; serial is held around each call of a SINGLE_THREADED
  // backend, and may be shared by several of its stores.
  static Result<std::unique_ptr<BackendStore>> open(const host::Backend &backend,
                                                    const Place &place, Mutex &serial);
  ~BackendStore();  // no call runs any more
  BackendStore(const BackendStore &) = delete;
  BackendStore &operator=(const BackendStore &) = delete;

  void on_death(Died died) { died_ = std::move(died); }  // before the store is shared
  const navi_caps &caps() const { return caps_; }
  bool has(uint64_t capability) const { return (caps_.flags & capability) != 0; }

  CallStatus read(navi_read request, ItemSink sink, navi_reply &reply);
  CallStatus apply(navi_apply request, navi_result *results);
  CallStatus scan(navi_scan request, ItemSink sink, navi_reply &reply);
  CallStatus clear(navi_apply request, navi_reply &reply);
  CallStatus stats(navi_stats &stats);
  void interrupt() { backend_.store->interrupt(store_); }  // [any thread], while calls run
  // The optional interfaces; only if the backend offers them.
  CallStatus changes(navi_tail request, ChangeSink sink, navi_reply &reply);
  CallStatus trim(uint64_t before);
  CallStatus arm(void (*bell)(void *) noexcept, void *context);
  CallStatus purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
  CallStatus compact(uint64_t timeout_ms);

 private:
  BackendStore(const host::Backend &backend, Mutex &serial) : backend_(backend), serial_(serial) {}
  template <class Function>
  CallStatus call(Function function);

  const host::Backend &backend_;
  Mutex &serial_;
  LogSink log_;
  navi_host host_{};
  navi_store *store_ = nullptr;
  navi_caps caps_{};
  Died died_;
};

}  // namespace navistore::store
