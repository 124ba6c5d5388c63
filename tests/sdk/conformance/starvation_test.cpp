// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "sdk/conformance/starvation.hpp"

namespace navistore::conformance {
namespace {

using Clock = Starvation::Clock;
using std::chrono::milliseconds;

// Lets this thread, and the processes that it starts, run on one CPU only.
class OnOneCpu {
 public:
  OnOneCpu() {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  }
  ~OnOneCpu() { sched_setaffinity(0, sizeof before_, &before_); }
  OnOneCpu(const OnOneCpu &) = delete;
  OnOneCpu &operator=(const OnOneCpu &) = delete;

 private:
  cpu_set_t before_;
};

class Shell {
 public:
  explicit Shell(std::string script) {
    char name[] = "sh";
    char option[] = "-c";
    char *const argv[] = {name, option, script.data(), nullptr};
    if (posix_spawn(&pid_, "/bin/sh", nullptr, nullptr, argv, environ) != 0)
      throw std::runtime_error("cannot start a shell");
  }
  ~Shell() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Shell(const Shell &) = delete;
  Shell &operator=(const Shell &) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

// Looks again and again for a fifth of a second.
Clock::duration starved_in_a_while(pid_t process) {
  Starvation starvation(process);
  const auto end = Clock::now() + milliseconds(200);
  while (Clock::now() < end) starvation.look();
  return starvation.total();
}

// Keeps a CPU busy, looking, until a process of low priority was seen to wait for it.
bool starves(pid_t process) {
  Starvation starvation(process);
  const auto end = Clock::now() + std::chrono::seconds(5);
  while (starvation.total() < milliseconds(300) && Clock::now() < end) starvation.look();
  return starvation.total() >= milliseconds(300);
}

}  // namespace

TEST_SUITE("sdk/conformance starvation") {
  TEST_CASE("starvation: a process that others keep from running is seen to wait") {
    const OnOneCpu one;
    const Shell busy("exec nice -n 19 sh -c 'while :; do :; done'");
    CHECK(starves(busy.pid()));
  }

  TEST_CASE("starvation: so is its child") {
    const OnOneCpu one;
    const Shell parent("timeout 9 nice -n 19 sh -c 'while :; do :; done'; :");
    CHECK(starves(parent.pid()));
  }

  TEST_CASE("starvation: a process that sleeps waits for nobody") {
    const Shell asleep("kill -STOP $$");
    CHECK(starved_in_a_while(asleep.pid()) < milliseconds(100));
  }

  TEST_CASE("starvation: of a process that is gone there is none") {
    pid_t gone = 0;
    {
      const Shell ends("exit");
      gone = ends.pid();
    }
    CHECK(starved_in_a_while(gone) == Clock::duration::zero());
  }
}

}  // namespace navistore::conformance
