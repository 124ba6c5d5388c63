// SPDX-License-Identifier: Apache-2.0
// The JSON of backend admission: the harness's report, the stored pass, and a configuration's
// canonical form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace navistore::json {

struct CaseOutcome {
  std::string name;     // "C.put_get"
  std::string state;    // PASS FAIL CRASH TIMEOUT SKIP WARN
  std::string message;  // why, where it is not PASS
  std::string repeat;   // the command that runs it again, where it failed
};

// A library that the backend pulled in, and what tells its version.
struct Dependency {
  std::string path;
  std::string build_id;
};

// What the backend said of itself and of a store of it.
struct Declared {
  std::string id;
  std::string version;
  uint64_t flags = 0;  // NAVI_CAP_*
  bool changes = false;
  bool watch = false;
  bool upkeep = false;
};

struct ConformanceReport {
  std::string harness;  // version and case list digest
  std::string reason;   // why it is no backend or was not tested; else empty
  Declared declared;
  std::vector<CaseOutcome> cases;
  std::vector<Dependency> dependencies;
};

// kInvalid: not a report.
Result<ConformanceReport> parse_conformance_report(const std::string &text);

// What is remembered of a complete pass.
struct Pass {
  std::vector<Dependency> dependencies;
  std::string report_json;
  std::string report_junit;
  Declared declared{};
};
std::string to_json(const Pass &pass);
Result<Pass> parse_pass(const std::string &text);

// The same JSON object with sorted keys and no blanks. kInvalid: not JSON, or not an object; the
// message tells where.
Result<std::string> canonical_object(const std::string &text);

}  // namespace navistore::json
