// SPDX-License-Identifier: Apache-2.0
// The one catch site, and what the host is told of a failure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "navistore/backend.hpp"

namespace navistore::backend::detail {

// Bytes of `text` that fit into `room` without cutting a UTF-8 sequence in two.
inline size_t fitting(std::string_view text, size_t room) noexcept {
  if (text.size() <= room) return text.size();
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0U) == 0x80U) --room;
  return room;
}

// Fills the host's error as far as its size reaches and returns the status. `error` may be NULL.
inline navi_status report(navi_error *error, navi_status status, std::string_view text,
                          int64_t native = 0, uint64_t retry_ms = 0) noexcept {
  if (error == nullptr) return status;
  navi_error full = {};
  full.size = error->size;
  full.native = native;
  full.retry_ms = retry_ms;
  const size_t written = std::min<size_t>(error->size, sizeof full);
  if (written > offsetof(navi_error, text)) {
    const size_t room = written - offsetof(navi_error, text) - 1;
    text.copy(full.text, fitting(text, room));
  }
  std::memcpy(error, &full, written);
  return status;
}

// A Failure that claims success or no known class of status is a bug of the store.
inline navi_status status_of(const Failure &failure) noexcept {
  return failure.status() > NAVI_OK ? failure.status() : NAVI_INTERNAL;
}

// Runs `call`, which returns a status; no exception leaves.
template <class Call>
navi_status guard(navi_error *error, const Call &call) noexcept {
  try {
    return call();
  } catch (const Failure &failure) {
    return report(error, status_of(failure), failure.what(), failure.native(), failure.retry_ms());
  } catch (const std::bad_alloc &) {
    return report(error, NAVI_NO_MEMORY, "out of memory");
  } catch (const std::exception &exception) {
    return report(error, NAVI_INTERNAL, exception.what());
  } catch (...) {
    return report(error, NAVI_INTERNAL, "an exception that is not a std::exception");
  }
}

// The store class behind the opaque handle that open() gave out.
template <class Store>
Store &self(navi_store *store) noexcept {
  return *reinterpret_cast<Store *>(store);
}

// The results of an apply that may still fail as a whole: unless settled, they become unknown
// again, so that a transaction reported as committed before its commit failed is never believed.
class Undecided {
 public:
  Undecided(navi_result *results, size_t n) noexcept : results_(results), n_(n) {}
  Undecided(const Undecided &) = delete;
  Undecided &operator=(const Undecided &) = delete;
  ~Undecided() {
    for (size_t i = 0; i < n_; ++i) results_[i] = {NAVI_MAYBE, 0, 0, 0};
  }
  void settle() noexcept { n_ = 0; }

 private:
  navi_result *results_;
  size_t n_;
};

}  // namespace navistore::backend::detail
