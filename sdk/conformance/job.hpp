// SPDX-License-Identifier: Apache-2.0
// What the runner tells a case process. It travels in a memfd, never in argv or the environment:
// the backend's configuration may hold secrets.
#pragma once

#include <cstdint>
#include <string>

#include "sdk/conformance/case.hpp"

namespace navistore::conformance {

constexpr int kJobFd = 900;     // the memfd, closed once it was read
constexpr int kRecordFd = 901;  // where records go

struct Job {
  std::string role;     // "case", "probe", or the name of a worker (worker.hpp)
  std::string target;   // name of the case
  std::string plugin;   // path of the plugin
  std::string config;   // JSON for open()
  std::string scratch;  // directory of this case alone
  std::string ns;
  std::string nonce;    // in every record that counts
  std::string payload;  // for a worker: what the case told it
  uint64_t seed = 0;
  Tier tier = Tier::kGate;
};

// A memfd with the job, close-on-exec, or -1.
int write_job(const Job &job);
// Reads and closes. False: not a job.
bool read_job(int fd, Job &job);

}  // namespace navistore::conformance
