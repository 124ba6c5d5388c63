// SPDX-License-Identifier: Apache-2.0
#include "core/api/problem.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace navistore::api {
namespace {

constexpr std::array<ProblemKind, 21> kKinds = {{
    {"bad-request", "Bad request", 400, false},
    {"unknown-parameter", "Unknown query parameter", 400, false},
    {"key-invalid", "Invalid key", 400, false},
    {"not-found", "Not found", 404, false},
    {"method-not-allowed", "Method not allowed", 405, false},
    {"not-acceptable", "Not acceptable", 406, false},
    {"cursor-gone", "Cursor gone", 410, false},
    {"length-required", "Length required", 411, false},
    {"precondition-failed", "Precondition failed", 412, false},
    {"value-too-large", "Value too large", 413, false},
    {"key-too-long", "Key too long", 414, false},
    {"unsupported-media-type", "Unsupported media type", 415, false},
    {"internal", "Internal error", 500, false},
    {"capability-missing", "Capability missing", 501, false},
    {"backend-unavailable", "Backend unavailable", 503, true},
    {"replica-behind", "Replica behind", 503, true},
    {"read-only", "Read-only", 503, false},
    {"draining", "Draining", 503, true},
    {"outcome-unknown", "Outcome unknown", 503, false},
    {"backend-timeout", "Backend timeout", 504, true},
    {"storage-full", "Storage full", 507, true},
}};

// Of the types that only the HTTP engine knows.
struct EngineTitle {
  std::string_view name;
  std::string_view title;
};
constexpr std::array<EngineTitle, 7> kEngineTitles = {{
    {"request-timeout", "Request timeout"},
    {"uri-too-long", "URI too long"},
    {"expectation-failed", "Expectation failed"},
    {"headers-too-large", "Headers too large"},
    {"not-implemented", "Not implemented"},
    {"overloaded", "Overloaded"},
    {"http-version-not-supported", "HTTP version not supported"},
}};

// To try again is of no use, and the other keys are served.
constexpr std::string_view kDamaged =
    "the stored data that this needs is damaged; nothing was changed";

Problem problem_of(Code code, Access access) {
  switch (code) {
    case Code::kInvalid: return Problem::kBadRequest;
    case Code::kNotFound: return Problem::kNotFound;
    case Code::kConflict: return Problem::kPreconditionFailed;
    case Code::kUnsupported: return Problem::kCapabilityMissing;
    case Code::kTooLarge: return Problem::kValueTooLarge;
    case Code::kNoSpace: return Problem::kStorageFull;
    case Code::kReadOnly: return Problem::kReadOnly;
    case Code::kCompacted: return Problem::kCursorGone;
    case Code::kCancelled: return Problem::kDraining;
    case Code::kTimeout:
      return access == Access::kRead ? Problem::kBackendTimeout : Problem::kBackendUnavailable;
    case Code::kNoMemory:
    case Code::kBusy:
    case Code::kUnavailable:
    case Code::kDenied:
    case Code::kIncompatible:
    case Code::kNotABackend:
    case Code::kRefused: return Problem::kBackendUnavailable;
    case Code::kCorrupt: return Problem::kInternal;
    case Code::kOutcomeUnknown:
    case Code::kIo:
    case Code::kInternal: break;
  }
  return access == Access::kRead ? Problem::kBackendUnavailable : Problem::kOutcomeUnknown;
}

std::string_view public_detail(Problem problem) {
  switch (problem) {
    case Problem::kBackendUnavailable:
      return "the store cannot serve this now; nothing was changed";
    case Problem::kOutcomeUnknown: return "the write may or may not have been applied";
    case Problem::kBackendTimeout: return "the store did not answer in time";
    case Problem::kStorageFull: return "the store has no space left; nothing was changed";
    case Problem::kDraining: return "the server is shutting down; nothing was changed";
    case Problem::kReadOnly: return "the store accepts no writes";
    default: return {};
  }
}

// A type has one title, whoever words the problem (RFC 9457 3.1.3).
std::string_view title_of(std::string_view name) {
  const auto named = [&](const auto &kind) { return kind.name == name; };
  const auto *known = std::find_if(kKinds.begin(), kKinds.end(), named);
  if (known != kKinds.end()) return known->title;
  const auto *engine = std::find_if(kEngineTitles.begin(), kEngineTitles.end(), named);
  return engine != kEngineTitles.end() ? engine->title : name;
}

// The members that every problem has.
void begin(const ProblemKind &kind, std::string_view detail, std::string_view request_id,
           http::Response &response) {
  response.clear();
  response.status = kind.status;
  response.field("Content-Type", "application/problem+json");
  response.field("Cache-Control", "no-store");
  if (kind.status == 503 && kind.retryable) response.field("Retry-After", "1");
  response.body.append("{\"type\":\"urn:navistore:problem:").append(kind.name).append("\",");
  json::Writer members(response.body);
  members.member("title", kind.title).member("status", static_cast<uint64_t>(kind.status));
  members.member("detail", detail).member("request_id", request_id);
  members.name("retryable").boolean(kind.retryable);
}

}  // namespace

const ProblemKind &kind_of(Problem problem) { return kKinds.at(static_cast<size_t>(problem)); }

Fault fault_of(const Error &error, Access access) {
  const Problem problem = problem_of(error.code, access);
  if (error.code == Code::kCorrupt) return {problem, std::string(kDamaged), 0, error};
  const std::string_view detail = public_detail(problem);
  if (detail.empty()) return {problem, error.message};
  return {problem, std::string(detail), 0, error};
}

void write_problem(const Fault &fault, std::string_view request_id, Specifics specifics,
                   http::Response &response) {
  begin(kind_of(fault.problem), fault.detail, request_id, response);
  if (fault.limit != 0) {
    response.body.append(",\"limit\":").append(std::to_string(fault.limit));
  }
  std::string more;
  json::Writer members(more);
  specifics(members);
  if (!more.empty()) response.body.append(",").append(more);
  response.body.push_back('}');
}

void write_problem(const Fault &fault, std::string_view request_id, http::Response &response) {
  write_problem(
      fault, request_id, [](json::Writer &) {}, response);
}

void write_refusal(const http::Refusal &refusal, std::string_view request_id,
                   http::Response &response) {
  const int status = refusal.status;
  const bool retryable = status == 408 || status == 503;
  begin({refusal.problem, title_of(refusal.problem), status, retryable}, refusal.detail, request_id,
        response);
  if (refusal.limit != 0) {
    response.body.append(",\"limit\":").append(std::to_string(refusal.limit));
  }
  response.body.push_back('}');
}

}  // namespace navistore::api
