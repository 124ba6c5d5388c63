// SPDX-License-Identifier: Apache-2.0
// What a run found, and its three renderings.
#pragma once

#include <string>
#include <vector>

#include "sdk/conformance/options.hpp"
#include "sdk/conformance/probe.hpp"

namespace navistore::conformance {

enum class State { kPass, kFail, kCrash, kTimeout, kSkip, kWarn };
const char *state_name(State state);  // "PASS", ...

struct CaseReport {
  std::string name;
  State state = State::kFail;
  std::string message;  // first failure, missing capability or warning; may have several lines
  double seconds = 0;

  bool bad() const noexcept {
    return state == State::kFail || state == State::kCrash || state == State::kTimeout;
  }
};

// Values are exit statuses of the harness.
enum class Verdict { kPassed = 0, kFailed = 1, kNotABackend = 4, kNotTested = 5 };
const char *verdict_name(Verdict verdict);

struct SuiteReport {
  Verdict verdict = Verdict::kFailed;
  std::string reason;  // for kNotABackend and kNotTested
  std::string repeat;  // how a command that repeats a case begins; empty: with this executable
  PluginInfo plugin;
  std::vector<CaseReport> cases;
  double seconds = 0;
};

// What identifies this harness: its own version and build, and the list of its cases.
std::string harness_build();
std::string case_list_digest();

// "navistore-conformance PLUGIN --case NAME --seed N": repeats one case of the run.
std::string repeat_command(const Options &options, const SuiteReport &report,
                           const std::string &case_name);

std::string to_console(const Options &options, const SuiteReport &report);
std::string to_json(const Options &options, const SuiteReport &report);
std::string to_junit(const Options &options, const SuiteReport &report);

}  // namespace navistore::conformance
