// SPDX-License-Identifier: Apache-2.0
#include "core/api/problem.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;
using navistore::Code;

namespace {

std::string name_of(Code code, Access access) {
  const ProblemKind &kind = kind_of(fault_of({code, "inner words"}, access).problem);
  return std::to_string(kind.status) + " " + std::string(kind.name);
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("problem: every error of the store has its problem, for reads and for writes") {
  struct Row {
    Code code;
    std::string_view read, write;
  };
  constexpr std::string_view kAway = "503 backend-unavailable";
  constexpr std::string_view kUnknown = "503 outcome-unknown";
  constexpr Row kRows[] = {
      {Code::kInvalid, "400 bad-request", "400 bad-request"},
      {Code::kNotFound, "404 not-found", "404 not-found"},
      {Code::kConflict, "412 precondition-failed", "412 precondition-failed"},
      {Code::kUnsupported, "501 capability-missing", "501 capability-missing"},
      {Code::kTooLarge, "413 value-too-large", "413 value-too-large"},
      {Code::kNoSpace, "507 storage-full", "507 storage-full"},
      {Code::kNoMemory, kAway, kAway},
      {Code::kReadOnly, "503 read-only", "503 read-only"},
      {Code::kBusy, kAway, kAway},
      {Code::kUnavailable, kAway, kAway},
      {Code::kTimeout, "504 backend-timeout", kAway},
      {Code::kDenied, kAway, kAway},
      {Code::kCompacted, "410 cursor-gone", "410 cursor-gone"},
      {Code::kCancelled, "503 draining", "503 draining"},
      {Code::kIncompatible, kAway, kAway},
      {Code::kRefused, kAway, kAway},
      {Code::kOutcomeUnknown, kAway, kUnknown},
      {Code::kIo, kAway, kUnknown},
      {Code::kCorrupt, "500 internal", "500 internal"},
      {Code::kInternal, kAway, kUnknown},
  };
  for (const Row &row : kRows) {
    CAPTURE(static_cast<int>(row.code));
    CHECK(name_of(row.code, Access::kRead) == row.read);
    CHECK(name_of(row.code, Access::kWrite) == row.write);
  }
  for (const Code code : {Code::kDenied, Code::kCorrupt}) {
    const Fault fault = fault_of({code, "/secret/path"}, Access::kRead);
    CHECK(fault.detail.find("secret") == std::string::npos);
    CHECK(fault.cause.has_value());  // for the log
  }
}

TEST_CASE("problem: a write refused because too much is queued says when to try again") {
  const auto retry_after = [](Code code) {
    navistore::http::Response response;
    write_problem(fault_of({code, "words"}, Access::kWrite), "id", response);
    const size_t at = response.fields.find("Retry-After: ");
    return at == std::string::npos ? "never" : response.fields.substr(at + 13, 1);
  };
  CHECK(retry_after(Code::kBusy) == "1");
  CHECK(retry_after(Code::kOutcomeUnknown) == "never");
  CHECK(retry_after(Code::kReadOnly) == "never");
}

TEST_CASE("problem: the body has the members of RFC 9457 and ours, then the specifics") {
  navistore::http::Response response;
  response.body = "half an answer";
  response.field("ETag", "\"x\"");
  write_problem(
      {Problem::kValueTooLarge, "the \"value\"", 10}, "id-1",
      [](navistore::json::Writer &members) { members.member("extra", 1); }, response);
  CHECK(response.status == 413);
  CHECK(response.fields == "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n");
  CHECK(response.body ==
        R"({"type":"urn:navistore:problem:value-too-large","title":"Value too large","status":413,)"
        R"("detail":"the \"value\"","request_id":"id-1","retryable":false,"limit":10,"extra":1})");
}

TEST_SUITE_END();
