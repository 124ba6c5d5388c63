// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/confine.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "sdk/conformance/sanitized.hpp"

namespace navistore::conformance {
namespace {

constexpr rlim_t kDescriptors = 1024;
constexpr rlim_t kDataBytes = rlim_t{4} << 30;
constexpr unsigned kSanitizerFactor = 6;

// Lowers, never raises.
void limit(__rlimit_resource what, rlim_t value) {
  struct rlimit now {};
  if (getrlimit(what, &now) != 0) return;
  const rlim_t hard = std::min(now.rlim_max, value);
  const struct rlimit lowered { std::min(now.rlim_cur, hard), hard };
  setrlimit(what, &lowered);
}

void end_with_parent(int signal) {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, signal);
  if (getppid() != parent) kill(getpid(), signal);  // it died before the request
}

unsigned scaled(unsigned seconds) { return kSanitized ? seconds * kSanitizerFactor : seconds; }

}  // namespace

void confine_runner() {
  end_with_parent(SIGTERM);  // which it takes as being told to end: it removes what it made
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that processes a plugin leaves behind are found
  limit(RLIMIT_CORE, 0);
}

void confine_case_process(Tier tier) {
  end_with_parent(SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, kDescriptors);
  limit(RLIMIT_CPU,
        case_seconds(tier) * 4);  // several threads; the runner's clock is the real limit
  if (!kSanitized) limit(RLIMIT_DATA, kDataBytes);
}

unsigned case_seconds(Tier tier) {
  switch (tier) {
    case Tier::kGate: return scaled(10);
    case Tier::kFull: return scaled(120);
    case Tier::kSoak: return scaled(900);
  }
  return scaled(10);
}

unsigned suite_seconds(Tier tier) {
  switch (tier) {
    case Tier::kGate: return scaled(60);
    case Tier::kFull: return scaled(900);
    case Tier::kSoak: return scaled(3600);
  }
  return scaled(60);
}

}  // namespace navistore::conformance
