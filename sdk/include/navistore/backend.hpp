// SPDX-License-Identifier: Apache-2.0
// The C++17 side of navistore/backend.h: write a plain class, get a backend.
//
//   class MyStore {
//    public:
//     static std::unique_ptr<MyStore> open(const navi_open &request, navi_caps &caps);
//     void read(const navi_read &request, const ItemSink &sink, navi_reply &reply);
//     void apply(const navi_apply &request, navi_result *results);
//     void scan(const navi_scan &request, const ItemSink &sink, navi_reply &reply);
//     void sync(uint64_t timeout_ms, navi_reply &reply);
//     void clear(const navi_apply &request, navi_reply &reply);
//     void stats(navi_stats &stats);
//     void interrupt() noexcept;                            // [any]: while other calls run
//     // navistore.changes/1, offered when the class has both:
//     void changes(const navi_tail &request, const ChangeSink &sink, navi_reply &reply);
//     void trim(uint64_t before);
//     // navistore.watch/1, offered when the class has it (it needs changes, too):
//     void arm(void (*bell)(void *) noexcept, void *ctx);
//     // navistore.upkeep/1, offered when the class has all four:
//     void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
//     void compact(uint64_t timeout_ms);
//     void verify(uint64_t timeout_ms);
//     void backup(const char *empty_dir, navi_reply &reply);
//   };
//   NAVISTORE_BACKEND(MyStore, "org.navistore.mine", "1.0.0", "one line about it")
//
// The members have the contract of the function of the same name in backend.h, and these comforts:
// - They may throw. The call then returns the Failure's status; NAVI_NO_MEMORY for std::bad_alloc,
// NAVI_INTERNAL
//   for anything else. close() is the destructor, which must not throw.
// - Requests are complete: what an older host did not send is zero. Unknown flags and unknown
// fields have been
//   refused (NAVI_UNSUPPORTED) before the member is called; so has a malformed namespace
//   (NAVI_INVALID).
// - reply, stats and caps are complete and zero at the start; the host gets as much as it has room
// for when the
//   member returns. A throwing member leaves the host's alone, but for NAVI_COMPACTED, which
//   carries a reply.
// - apply: results hold NAVI_MAYBE at the start, and again after a throw, whatever the member had
// written.
#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "navistore/backend.h"

namespace navistore::backend {

// Thrown by a member of a store: ends the call with this status and detail.
// `status` is one of the NAVI_ codes, not NAVI_OK. `text` is for the operator, never holds a
// secret, and is cut to 231 bytes. `native` is the engine's own code (errno, an SQLite result).
// `retry_ms`: when to try again, 0 unknown.
class Failure : public std::exception {
 public:
  Failure(navi_status status, std::string text, int64_t native = 0, uint64_t retry_ms = 0)
      : status_(status), native_(native), retry_ms_(retry_ms), text_(std::move(text)) {}

  const char *what() const noexcept override { return text_.c_str(); }
  navi_status status() const noexcept { return status_; }
  int64_t native() const noexcept { return native_; }
  uint64_t retry_ms() const noexcept { return retry_ms_; }

 private:
  navi_status status_;
  int64_t native_;
  uint64_t retry_ms_;
  std::string text_;
};

// The host's receiver of items. Call it on the thread of the call, before the call returns; what
// the item points to must live until it returns. May be called with locks held: it never calls back
// into the store.
class ItemSink {
 public:
  explicit ItemSink(const navi_sink &sink) noexcept : sink_(sink) {}
  // index: of the key in a read; counts from 0 in a scan. True: go on; false: the host wants no
  // more.
  bool operator()(uint64_t index, const navi_item &item) const noexcept {
    return sink_.item(sink_.ctx, index, &item) == 0;
  }

 private:
  const navi_sink &sink_;
};

// The host's receiver of changes; the rules of ItemSink hold.
class ChangeSink {
 public:
  explicit ChangeSink(const navi_change_sink &sink) noexcept : sink_(sink) {}
  // True: go on; false: the host wants no more.
  bool operator()(const navi_change &change) const noexcept {
    return sink_.change(sink_.ctx, &change) == 0;
  }

 private:
  const navi_change_sink &sink_;
};

// Borrowed bytes as a string_view; a NULL pointer with length 0 is the empty view.
inline std::string_view view(const navi_bytes &bytes) noexcept {
  // A char may alias any object, so reading the host's bytes as chars is defined.
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

// The other way; the result borrows from `text`.
inline navi_bytes bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

}  // namespace navistore::backend

#include "navistore/detail/adapter.hpp"

// Defines the plugin's one exported symbol. Use it once, in one source file, outside of any
// namespace. id: reverse domain name; version: of the plugin; about: one line. All three are string
// literals.
#define NAVISTORE_BACKEND(Store, id, version, about)                      \
  extern "C" NAVI_EXPORT constexpr navi_entry navistore_backend_entry = { \
      NAVI_MAGIC,                                                         \
      sizeof(navi_entry),                                                 \
      NAVI_HEADER,                                                        \
      id,                                                                 \
      version,                                                            \
      about,                                                              \
      &::navistore::backend::detail::Adapter<Store>::get_interface,       \
      {0, 0}}
