// SPDX-License-Identifier: Apache-2.0
// Complete requests in, no more than asked for out.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "navistore/detail/guard.hpp"

namespace navistore::backend::detail {

// True for a namespace as navi_open wants it: [a-z0-9_-]{1,63}. NULL is none.
inline bool is_namespace(const char *ns) noexcept {
  const std::string_view name(ns == nullptr ? "" : ns);
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !name.empty() && name.size() <= 63 && name.find_first_not_of(kAllowed) == name.npos;
}

// A growable request of whatever size the host has, as the complete structure known here. Allocates
// nothing.
template <class Struct>
class Request {
  static_assert(std::is_trivially_copyable_v<Struct>);

 public:
  // Reads `size` bytes of `*request`. `flags`: the bits that this call knows.
  Request(const Struct *request, uint32_t flags) noexcept {
    const size_t size = request->size;
    std::memcpy(&full_, request, std::min(size, sizeof full_));
    full_.size = sizeof full_;
    if (size < kHead) {
      verdict_ = NAVI_INVALID;
    } else if ((full_.flags & ~flags) != 0 || tail_is_set(request, size)) {
      verdict_ = NAVI_UNSUPPORTED;
    }
  }

  // NAVI_OK, NAVI_INVALID (too short to be a request) or NAVI_UNSUPPORTED (unknown flag or field).
  navi_status verdict() const noexcept { return verdict_; }
  const char *reason() const noexcept {
    return verdict_ == NAVI_INVALID ? "the request's size is too small"
                                    : "unknown flag or field in the request";
  }
  const Struct &operator*() const noexcept { return full_; }

 private:
  static constexpr size_t kHead = sizeof(uint32_t) * 2;  // size and flags

  static bool tail_is_set(const Struct *request, size_t size) noexcept {
    const auto *bytes = reinterpret_cast<const unsigned char *>(request);
    for (size_t at = sizeof(Struct); at < size; ++at) {
      if (bytes[at] != 0) return true;
    }
    return false;
  }

  Struct full_ = {};
  navi_status verdict_ = NAVI_OK;
};

// Copies `full` into the host's `*out`, never past out->size, which stays as the host set it.
template <class Struct>
void write_out(Struct *out, Struct full) noexcept {
  static_assert(std::is_trivially_copyable_v<Struct>);
  full.size = out->size;
  std::memcpy(out, &full, std::min<size_t>(out->size, sizeof full));
}

// Checks the request and runs `call(request)` under the guard.
template <class Struct, class Call>
navi_status guard_request(const Struct *raw, uint32_t flags, navi_error *error,
                          const Call &call) noexcept {
  const Request<Struct> request(raw, flags);
  if (request.verdict() != NAVI_OK) return report(error, request.verdict(), request.reason());
  return guard(error, [&] {
    call(*request);
    return NAVI_OK;
  });
}

// A zeroed structure of the size known here.
template <class Struct>
Struct sized() noexcept {
  Struct full = {};
  full.size = sizeof full;
  return full;
}

// Runs `call(reply)` and hands the reply out when the call went well.
template <class Call>
navi_status guard_reply(navi_reply *out, navi_error *error, const Call &call) noexcept {
  return guard(error, [&] {
    navi_reply reply = sized<navi_reply>();
    call(reply);
    write_out(out, reply);
    return NAVI_OK;
  });
}

}  // namespace navistore::backend::detail
