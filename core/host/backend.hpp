// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <navistore/backend.h>

#include <cstdint>
#include <optional>
#include <string>

namespace navistore::host {

// How a backend came to be admitted.
enum class Verdict { kPassed, kPassedFromCache, kSkipped };

// A loaded plugin: its vtables (static memory of a library that is never unloaded) and its proof.
struct Backend {
  std::string path;    // the content-addressed copy that was loaded
  std::string sha256;  // of its bytes, 64 hex digits
  std::string id;
  std::string version;
  std::string about;
  const navi_store_api *store = nullptr;      // never null
  const navi_changes_api *changes = nullptr;  // null: the interface is not offered
  const navi_watch_api *watch = nullptr;
  const navi_upkeep_api *upkeep = nullptr;
  Verdict verdict = Verdict::kSkipped;
  std::optional<uint64_t> proven_flags;  // NAVI_CAP_* of the stores that were tested
  std::string report_json;               // the conformance report; empty when skipped
  std::string report_junit;
  std::string report_sha256;  // of report_json: which proof it was; empty when skipped
};

}  // namespace navistore::host
