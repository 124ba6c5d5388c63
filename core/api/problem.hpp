// SPDX-License-Identifier: Apache-2.0
// Every way in which a request can fail, as application/problem+json (RFC 9457).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/function_ref.hpp"
#include "core/http/message.hpp"
#include "core/json/writer.hpp"
#include "core/result.hpp"

namespace navistore::api {

enum class Problem : uint8_t {
  kBadRequest,
  kUnknownParameter,
  kKeyInvalid,
  kNotFound,
  kMethodNotAllowed,
  kNotAcceptable,
  kCursorGone,
  kLengthRequired,
  kPreconditionFailed,
  kValueTooLarge,
  kKeyTooLong,
  kUnsupportedMediaType,
  kInternal,
  kCapabilityMissing,
  kBackendUnavailable,
  kReplicaBehind,
  kReadOnly,
  kDraining,
  kOutcomeUnknown,
  kBackendTimeout,
  kStorageFull,
};

struct ProblemKind {
  std::string_view name;  // of urn:navistore:problem:<name>
  std::string_view title;
  int status;
  bool retryable;  // the same request may succeed later
};
const ProblemKind &kind_of(Problem problem);

// Why a request is refused.
struct Fault {
  Problem problem = Problem::kBadRequest;
  std::string detail;
  uint64_t limit = 0;                         // the limit that was passed, 0: none
  std::optional<Error> cause = std::nullopt;  // what detail does not tell a client, for the log
};

// What the store was asked for when it failed: it decides what an unknown outcome means.
enum class Access : uint8_t { kRead, kWrite };

// The one place where an error of the store becomes a problem. Details of the backend stay in the
// log where they could tell a client about the machine.
Fault fault_of(const Error &error, Access access);

// Makes response the answer for fault: status, Content-Type, body. Members that specifics writes
// follow the common ones. What response held before is dropped.
using Specifics = FunctionRef<void(json::Writer &members)>;
void write_problem(const Fault &fault, std::string_view request_id, Specifics specifics,
                   http::Response &response);
void write_problem(const Fault &fault, std::string_view request_id, http::Response &response);

// The same for a refusal of the HTTP engine, whose kind may be one that only the engine knows.
void write_refusal(const http::Refusal &refusal, std::string_view request_id,
                   http::Response &response);

}  // namespace navistore::api
