// SPDX-License-Identifier: Apache-2.0
#include "core/host/harness_run.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/scratch_dir.hpp"

using navistore::Code;
using navistore::host::HarnessRun;
using navistore::host::run_harness;
using navistore::test::ScratchDir;

namespace {

// A harness that writes its number and its child's to a file, and does not end.
HarnessRun endless(const ScratchDir &dir, const std::string &first) {
  HarnessRun run{"plugin.so", "{}", dir.path(), "gate", ""};
  run.harness =
      dir.file("harness", "#!/bin/sh\n" + first + "\nsleep 1000 &\necho $$ $! >" + (dir / "made") +
                              "\nmv " + (dir / "made") + " " + (dir / "pids") +
                              "\necho said >&2\nwhile :; do wait; done\n");
  ::chmod(run.harness.c_str(), 0700);
  return run;
}

// Ended, and seen to be so by its parent, if it is not us.
bool gone_soon(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    std::string state;
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::getline(status, state);
    if (!status || state.find(") Z ") != std::string::npos) return true;
    std::this_thread::yield();
  }
  return false;
}

void check_gone(const ScratchDir &dir) {
  std::ifstream pids(dir / "pids");
  pid_t harness = 0;
  pid_t child = 0;
  pids >> harness >> child;
  REQUIRE(child > 0);
  CHECK(::kill(harness, 0) != 0);
  CHECK(gone_soon(child));
}

}  // namespace

TEST_SUITE("core/host") {
  TEST_CASE("harness: one that hangs is ended with what it started, and its words are told") {
    const ScratchDir dir;
    for (const std::string first : {"", "trap '' TERM"}) {
      HarnessRun run = endless(dir, first);
      run.limit = std::chrono::milliseconds(500);
      const auto answer = run_harness(run);
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == Code::kTimeout);
      CHECK(answer.error().message.find("said") != std::string::npos);
      check_gone(dir);
    }
  }

  TEST_CASE("harness: it is ended when it is wanted no more") {
    const ScratchDir dir;
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    HarnessRun run = endless(dir, "");
    run.stop_fd = pipe[0];
    std::thread stopper([&] {
      struct stat found {};
      while (::stat((dir / "pids").c_str(), &found) != 0) std::this_thread::yield();
      CHECK(::write(pipe[1], "x", 1) == 1);
    });
    const auto answer = run_harness(run);
    stopper.join();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::kCancelled);
    check_gone(dir);
    for (const int end : pipe) ::close(end);
  }
}
