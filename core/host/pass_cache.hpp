// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/json/conformance_report.hpp"
#include "core/result.hpp"

namespace navistore::host {

// Everything that a pass depends on; another value of any of them is another pass.
struct PassKey {
  std::string plugin_sha256;
  std::string harness;  // its library_identity(): covers the case list, which is compiled in
  std::string tier;
  std::string config;    // canonical JSON; only its hash is stored
  std::string data_dir;  // its file system type counts, not its name
};

// Where the harness ran: what of a machine a pass depends on.
struct Machine {
  std::string kernel;  // its release
  std::string libc;    // its version
  static Machine this_one();
};

// Complete passes, one file each in <state_dir>/passes, named by the plugin's hash and the hash of
// the key (with the machine); its time is that of the last use.
class PassCache {
 public:
  explicit PassCache(std::string state_dir, Machine machine = Machine::this_one())
      : state_dir_(std::move(state_dir)), machine_(std::move(machine)) {}
  // Nothing: no pass, or a library that the backend depends on has changed since.
  std::optional<json::Pass> find(const PassKey &key) const;
  Outcome store(const PassKey &key, const json::Pass &pass) const;

 private:
  std::string path_of(const PassKey &key) const;
  const std::string state_dir_;
  const Machine machine_;
};

}  // namespace navistore::host
