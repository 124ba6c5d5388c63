// SPDX-License-Identifier: Apache-2.0
// Stores for the tests of the adapter: they answer from fixed fields and fail on demand.
#pragma once
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "navistore/backend.hpp"

namespace navistore::backend {

// Has the mandatory members only. `trouble` is called by each of them, to throw.
class ToyStore {
 public:
  static std::unique_ptr<ToyStore> open(const navi_open &request, navi_caps &caps) {
    if (std::string_view(request.config) == "bad")
      throw Failure(NAVI_INVALID, "unknown key \"bad\"", 7, 50);
    if (std::string_view(request.config) == "none") return nullptr;
    caps.flags = NAVI_CAP_FAST_READS;
    caps.max_batch = 99;
    return std::make_unique<ToyStore>();
  }
  void read(const navi_read &request, const ItemSink &sink, navi_reply &reply) {
    reply.revision = 5;
    trouble();
    navi_item item = {};
    item.value = bytes("v");
    for (size_t i = 0; i < request.n; ++i) {
      if (!sink(i, item)) break;
    }
    last_flags = request.flags;
  }
  void apply(const navi_apply &request, navi_result *results) {
    for (size_t i = 0; i < request.n; ++i) results[i] = {NAVI_OK, 0, 6, 0};
    trouble();
  }
  void scan(const navi_scan &request, const ItemSink & /*sink*/, navi_reply &reply) {
    trouble();
    last_limit = request.max_bytes;
    last_flags = request.flags;
    reply.flags = NAVI_MORE;
    reply.revision = 7;
  }
  void sync(uint64_t /*timeout_ms*/, navi_reply &reply) {
    trouble();
    reply.revision = 8;
  }
  void clear(const navi_apply & /*request*/, navi_reply &reply) {
    trouble();
    reply.revision = 9;
  }
  void stats(navi_stats &stats) {
    trouble();
    stats.items = 3;
    stats.next_expiry_ms = 4;
  }
  void interrupt() noexcept { ++interrupts; }

  std::function<void()> trouble = [] {};
  uint64_t last_limit = 0;
  uint32_t last_flags = 0;
  int interrupts = 0;
};

// Has every member there is.
class FullToyStore : public ToyStore {
 public:
  static std::unique_ptr<FullToyStore> open(const navi_open & /*request*/, navi_caps & /*caps*/) {
    return std::make_unique<FullToyStore>();
  }
  void changes(const navi_tail & /*request*/, const ChangeSink &sink, navi_reply &reply) {
    reply.revision = 40;
    trouble();
    navi_change change = {};
    change.kind = NAVI_CHANGE_CLEAR;
    while (sink(change)) {
    }
  }
  void trim(uint64_t before) { trimmed = before; }
  void arm(void (*bell)(void *) noexcept, void *ctx) {
    if (bell != nullptr) bell(ctx);
  }
  void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply) {
    reply.revision = now_ms + max_items;
  }
  void compact(uint64_t /*timeout_ms*/) { trouble(); }
  void verify(uint64_t /*timeout_ms*/) { throw Failure(NAVI_CORRUPT, "page 3"); }
  void backup(const char *empty_dir, navi_reply &reply) { reply.revision = std::strlen(empty_dir); }

  uint64_t trimmed = 0;
};

// Calls a store as the host does: through the tables.
template <class Store>
class Opened {
 public:
  Opened() {
    navi_open request = {};
    request.size = sizeof request;
    request.config = "{}";
    request.ns = "toy";
    navi_caps caps = {};
    caps.size = sizeof caps;
    api().open(&request, &handle_, &caps, nullptr);
  }
  ~Opened() { api().close(handle_); }
  Opened(const Opened &) = delete;
  Opened &operator=(const Opened &) = delete;

  template <class Api>
  static const Api *find(const char *id) {
    return static_cast<const Api *>(detail::Adapter<Store>::get_interface(id));
  }
  static const navi_store_api &api() { return *find<navi_store_api>(NAVI_STORE_1); }
  navi_store *handle() { return handle_; }
  Store &store() { return detail::self<Store>(handle_); }

 private:
  navi_store *handle_ = nullptr;
};

}  // namespace navistore::backend
