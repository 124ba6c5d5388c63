// SPDX-License-Identifier: Apache-2.0
#include "core/store/status.hpp"

#include <string>

namespace navistore::store {
namespace {

struct Meaning {
  Code code;
  const char *text;
};

Meaning definite(navi_status status) {
  switch (status) {
    case NAVI_CONFLICT: return {Code::kConflict, "a condition does not hold"};
    case NAVI_INVALID: return {Code::kInvalid, "the backend calls the request invalid"};
    case NAVI_UNSUPPORTED: return {Code::kUnsupported, "the backend does not support this"};
    case NAVI_TOO_LARGE: return {Code::kTooLarge, "more than the backend takes"};
    case NAVI_NO_SPACE: return {Code::kNoSpace, "the storage is full"};
    case NAVI_NO_MEMORY: return {Code::kNoMemory, "the backend is out of memory"};
    case NAVI_READ_ONLY: return {Code::kReadOnly, "the storage is read-only"};
    case NAVI_BUSY: return {Code::kBusy, "the backend is busy"};
    case NAVI_UNAVAILABLE: return {Code::kUnavailable, "the backend cannot be reached"};
    case NAVI_DENIED: return {Code::kDenied, "the backend was denied access"};
    case NAVI_COMPACTED: return {Code::kCompacted, "older changes are gone"};
    case NAVI_CANCELLED: return {Code::kCancelled, "cancelled"};
    case NAVI_INCOMPATIBLE: return {Code::kIncompatible, "written by a newer format"};
    case NAVI_DAMAGED: return {Code::kCorrupt, "stored data that this needs is damaged"};
    default: return {Code::kUnavailable, "refused by the backend for a reason of its own"};
  }
}

Meaning indefinite(navi_status status) {
  switch (status) {
    case NAVI_IO: return {Code::kIo, "the storage failed"};
    case NAVI_CORRUPT: return {Code::kCorrupt, "the storage is corrupt"};
    case NAVI_INTERNAL: return {Code::kInternal, "the backend failed"};
    default: return {Code::kUnavailable, "the backend gave no definite answer"};
  }
}

Meaning meaning(navi_status status, Call call) {
  if (is_definite(status)) return definite(status);
  Meaning result = indefinite(status);
  if (call == Call::kWrite) result.code = Code::kOutcomeUnknown;
  // The store is opened again: not what kCorrupt says of a read.
  if (call == Call::kRead && status == NAVI_CORRUPT) result.code = Code::kIo;
  return result;
}

}  // namespace

Error error_from(navi_status status, Call call) {
  const Meaning known = meaning(status, call);
  return {known.code, known.text};
}

Error error_from(const CallStatus &status, Call call) {
  const Meaning known = meaning(status.status, call);
  if (status.detail.text[0] == '\0') return {known.code, known.text};
  return {known.code, std::string(known.text) + ": " + status.detail.text};
}

}  // namespace navistore::store
