// SPDX-License-Identifier: Apache-2.0
// No backend is loaded that has not passed the conformance suite. A gate against mistakes, not a
// security boundary: what passes runs in this process.
#pragma once

#include <string>
#include <vector>

#include "core/host/backend.hpp"
#include "core/result.hpp"

namespace navistore::host {

enum class Conformance { kGate, kFull, kSkip };

struct AdmissionOptions {
  std::string backend = "sqlite";  // a name, or a path when it holds a '/'
  std::vector<std::string>
      backend_dirs;               // searched first; then the directories of the installation
  std::string config = "{}";      // the backend's JSON
  std::string config_argument;    // as the operator gave it ("@file"), to show in commands
  std::string data_dir = "data";  // group M is tried beside the data
  std::string state_dir;          // copies and passes; empty: <data_dir>/.navistore
  std::vector<std::string>
      require;  // persistent, shared, fast-reads, full-history, changes, watch, upkeep
  Conformance conformance = Conformance::kGate;
  int stop_fd = -1;  // readable: a proof is wanted no more; -1: it always is
};

// Why a backend is not loaded: what to tell the operator, and which class it is.
// kNotFound, kNotABackend: there is none, or a file that is no backend or may not be trusted.
// kInvalid: its configuration. kRefused: it failed a case, or lacks what is required; the message
// has one line a failing case and the command that repeats it. kTimeout: the proof did not end.
// kUnavailable: not tested, its engine could not be reached; try again. kDenied, kNoSpace, kIo: the
// copy, the pass or the proof could not be made. kCancelled: stop_fd said so.

// Whether the configuration is a JSON object. kInvalid names --backend-config; the text, which may
// hold secrets, is not shown.
Outcome check_config(const AdmissionOptions &options);

// Finds, copies, proves and loads a backend. Before any thread starts: it spawns the harness.
Result<Backend> admit(const AdmissionOptions &options);

// The backends found in the directories, by name, with the newest verdict known for this
// configuration.
struct Found {
  std::string name;
  std::string path;
  std::string verdict;  // "passed", "failed: A.exports, ...", "not tested", "not a backend: ..."
};
// kCancelled: stop_fd said so.
Result<std::vector<Found>> list_backends(const AdmissionOptions &options);

// Runs the harness on a backend with its console output on ours. Done: it passed; the errors are
// those of admit(), kInvalid: also of the arguments, which the harness names itself.
Outcome check(const AdmissionOptions &options, const std::vector<std::string> &harness_arguments);

}  // namespace navistore::host
