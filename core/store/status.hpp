// SPDX-License-Identifier: Apache-2.0
// What a backend's answer means to the host: the one place that reads a navi_status.
#pragma once

#include <navistore/backend.h>

#include <cstdint>

#include "core/result.hpp"

namespace navistore::store {

// The range of a status is its class (backend.h), so codes of later versions are understood.
constexpr bool is_definite(navi_status status) { return status < NAVI_MAYBE; }
constexpr bool is_dead(navi_status status) { return status >= NAVI_IO; }

// What kind of call got the status: an unknown outcome matters only where something was written,
// and only a read can run past its deadline without harm.
enum class Call : uint8_t { kOpen, kRead, kWrite };

// A call's status and the detail that the backend gave.
struct CallStatus {
  navi_status status = NAVI_OK;
  navi_error detail;  // meaningful up to its text's NUL; text is empty when nothing was said

  CallStatus() {
    detail.size = sizeof detail;
    detail.flags = 0;
    detail.native = 0;
    detail.retry_ms = 0;
    detail.text[0] = '\0';
  }
  bool ok() const { return status == NAVI_OK; }
};

// The Error for a status that is not NAVI_OK.
// Definite statuses map to the code of the same name, NAVI_DAMAGED to kCorrupt. Of all others:
// writes are kOutcomeUnknown; reads are kUnavailable, kIo or kInternal; an open also kCorrupt.
Error error_from(navi_status status, Call call);
Error error_from(const CallStatus &status, Call call);  // with the backend's own text

}  // namespace navistore::store
