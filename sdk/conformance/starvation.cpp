// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/starvation.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace navistore::conformance {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{40};

}  // namespace

// schedstat: time on a CPU, time on a run queue (nanoseconds both), slices
// (Documentation/scheduler/sched-stats.rst).
void Starvation::collect(pid_t process, Delays &delays) {
  std::error_code error;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator at(tasks, error), end; !error && at != end;
       at.increment(error)) {
    const std::string thread = at->path().string();
    uint64_t ran = 0;
    uint64_t waited = 0;
    if (std::ifstream(thread + "/schedstat") >> ran >> waited)
      delays[std::stoi(at->path().filename().string())] = std::chrono::nanoseconds(waited);
    std::ifstream children(thread + "/children");
    for (pid_t child = 0; children >> child;) collect(child, delays);
  }
}

void Starvation::look() {
  const Clock::time_point now = Clock::now();
  if (now - looked_ < kBetweenLooks) return;
  Delays delays;
  collect(pid_, delays);
  for (const auto &[thread, delay] : delays) {
    const auto before = last_.find(thread);
    const auto since = before == last_.end() ? delay : delay - before->second;
    waited_ += since;
  }
  total_ = std::min(waited_, now - started_);
  last_ = std::move(delays);
  looked_ = now;
}

}  // namespace navistore::conformance
