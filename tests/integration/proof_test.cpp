// SPDX-License-Identifier: Apache-2.0
// The proof of a backend as a process beside others: stopped, repeated, in the wrong place, broken.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sdk/conformance/sanitized.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::conformance::kSanitized;
using navistore::test::Ended;
using navistore::test::navistore_executable;
using navistore::test::Process;
using navistore::test::run_navistore;
using navistore::test::run_shell;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace fs = std::filesystem;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

template <class Condition>
bool wait_for(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::string text_of(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The processes that pid started and those that they started, while they run.
std::vector<pid_t> descendants(pid_t pid) {
  const std::string task = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
  std::istringstream children(text_of(task + "/children"));
  std::vector<pid_t> all;
  for (pid_t child = 0; children >> child;) {
    all.push_back(child);
    for (const pid_t grandchild : descendants(child)) all.push_back(grandchild);
  }
  return all;
}

bool runs(pid_t pid) {
  const std::string status = text_of("/proc/" + std::to_string(pid) + "/stat");
  return !status.empty() && !contains(status, ") Z ");
}

size_t entries(const std::string &dir) {
  std::error_code missing;
  size_t n = 0;
  for (fs::directory_iterator at(dir, missing), end; !missing && at != end; ++at) ++n;
  return n;
}

// An installation whose harness is what the test says.
struct Installation {
  const ScratchDir dir;
  std::string executable() const { return dir / "bin/navistore"; }
  explicit Installation(const std::string &harness) {
    fs::create_directories(dir / "bin");
    fs::copy_file(navistore_executable(), executable());
    dir.file("bin/navistore-conformance", "#!/bin/sh\n" + harness + "\n");
    ::chmod((dir / "bin/navistore-conformance").c_str(), 0700);
  }
  std::string serve() const {
    return executable() + " serve --listen 127.0.0.1:0 --backend " + SQLITE_BACKEND +
           " --data-dir " + (dir / "data");
  }
};

}  // namespace

TEST_SUITE("integration/admission") {
  TEST_CASE("SIGTERM during the first proof ends the server and the proof, and leaves nothing") {
    const ScratchDir dir;
    Process server({navistore_executable(), "serve", "--listen", "127.0.0.1:0", "--conformance",
                    "full", "--data-dir", dir / "data", "--state-dir", dir / "state"});
    std::vector<pid_t> proof;
    // The harness, and at least one case.
    REQUIRE(wait_for([&] { return (proof = descendants(server.pid())).size() >= 2; }));
    const std::string arguments = text_of("/proc/" + std::to_string(proof[0]) + "/cmdline");
    CHECK(contains(arguments, "--scratch" + std::string(1, '\0') + (dir / "data/")));
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    for (const pid_t pid : proof) CHECK(wait_for([&] { return !runs(pid); }));
    CHECK(entries(dir / "state/passes") == 0);
    CHECK(entries(dir / "data") == 0);
  }

  TEST_CASE("SIGTERM during the first proof of a server in the background fails its start") {
    const ScratchDir dir;
    fs::create_directories(dir / "data");
    Process starter({navistore_executable(), "classic", "-b", "-P", "0", "-s", dir / "data",
                     "--conformance", "full", "--state-dir", dir / "state"});
    std::vector<pid_t> started;
    // The server, the harness, and at least one case.
    REQUIRE(wait_for([&] { return (started = descendants(starter.pid())).size() >= 3; }));
    REQUIRE(::kill(started.front(), SIGTERM) == 0);
    CHECK(starter.wait() == 1);
    for (const pid_t pid : started) CHECK(wait_for([&] { return !runs(pid); }));
    CHECK(entries(dir / "state/passes") == 0);
  }

  TEST_CASE("a case is confined: privileges, limits, session, group, environment") {
    const ScratchDir dir;
    const Ended ended = run_shell(
        "NAVISTORE_TEST_SECRET=1 exec " + navistore_executable() +
        " serve --listen 127.0.0.1:0 --data-dir " + (dir / "data") + " --backend " +
        MISBEHAVING_BACKEND + " --backend-config '{\"do\":\"report " + (dir / "report") + "\"}'");
    CHECK(ended.status == 5);
    CHECK_MESSAGE(text_of(dir / "report") ==
                      "pdeathsig 9\nno_new_privs 1\ncpu " + std::string(kSanitized ? "240" : "40") +
                          "\nnofile 1024\ncore 0\ndata " + (kSanitized ? "-1" : "4294967296") +
                          "\nsession parent\ngroup own\nenvironment PATH=/usr/bin:/bin\n"
                          "environment LC_ALL=C\n",
                  text_of(dir / "report") << ended.output);
  }

  TEST_CASE("kill -9 of a server during its proof leaves no process and no file of a case") {
    const ScratchDir dir;
    Process server({navistore_executable(), "serve", "--listen", "127.0.0.1:0", "--conformance",
                    "full", "--data-dir", dir / "data"});
    std::vector<pid_t> proof;
    REQUIRE(wait_for([&] { return (proof = descendants(server.pid())).size() >= 3; }));
    CHECK(server.kill_hard() == -SIGKILL);
    for (const pid_t pid : proof) CHECK(wait_for([&] { return !runs(pid); }));
    // The next proof removes the directory itself.
    for (const fs::directory_entry &left : fs::directory_iterator(dir / "data")) {
      const bool proof_scratch = contains(left.path().string(), "/.navistore-proof-");
      if (proof_scratch) CHECK(entries(left.path().string()) == 0);
    }
  }

  TEST_CASE("check and backends that are stopped end with 1, end the proof, and leave nothing") {
    const std::vector<std::vector<std::string>> commands = {{"check", "sqlite"}, {"backends"}};
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
      for (const auto &command : commands) {
        CAPTURE(number);
        CAPTURE(command[0]);
        const ScratchDir dir;
        fs::create_directories(dir / "data");
        std::vector<std::string> arguments{navistore_executable()};
        arguments.insert(arguments.end(), command.begin(), command.end());
        arguments.insert(arguments.end(), {"--data-dir", dir / "data", "--state-dir", dir / "s"});
        Process proving(arguments);
        std::vector<pid_t> proof;
        REQUIRE(wait_for([&] { return (proof = descendants(proving.pid())).size() >= 2; }));
        CHECK(entries(dir / "data") == 1);
        proving.signal(number);
        CHECK(proving.wait() == 1);
        for (const pid_t pid : proof) CHECK(wait_for([&] { return !runs(pid); }));
        CHECK(entries(dir / "data") == 0);
      }
    }
  }

  TEST_CASE("starts over one state directory do not disturb each other's proof") {
    const ScratchDir dir;
    auto list = [&] { return run_navistore({"backends", "--data-dir", dir / "data"}); };
    auto first = std::async(std::launch::async, list);
    auto second = std::async(std::launch::async, list);
    ServerProcess server({"--data-dir", dir / "data"});
    for (auto *listed : {&first, &second}) {
      const Ended ended = listed->get();
      CHECK_MESSAGE(contains(ended.output, "sqlite       passed"), ended.output);
      CHECK_MESSAGE(contains(ended.output, "memory       passed"), ended.output);
    }
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }

  TEST_CASE("a harness that cannot work is no refusal: its own words come first") {
    const Installation broken("echo no room for a proof >&2; exit 1");
    const Ended ended = run_shell(broken.serve());
    CHECK(ended.status == 5);
    CHECK_MESSAGE(contains(ended.output, "navistore: no room for a proof\n"), ended.output);
    CHECK_MESSAGE(!contains(ended.output, "json"), ended.output);
    CHECK_MESSAGE(!contains(ended.output, "refused"), ended.output);
    const Installation killed("kill -KILL $$");
    const Ended silent = run_shell(killed.serve());
    CHECK(silent.status == 5);
    CHECK_MESSAGE(contains(silent.output, "signal 9"), silent.output);
  }

  TEST_CASE("another harness proves again, also one that the linker gave no build id") {
    const fs::path harness = fs::path(navistore_executable()).parent_path();
    const std::string run = "exec " + (harness / "navistore-conformance").string() + " \"$@\"";
    const Installation installed(run);
    const std::vector<std::string> arguments{"--backend", SQLITE_BACKEND, "--data-dir",
                                             installed.dir / "data"};
    for (const size_t proofs : {1U, 1U, 2U}) {
      if (proofs == 2)
        run_shell("echo '# newer' >>" + (installed.dir / "bin/navistore-conformance"));
      ServerProcess server(arguments, installed.executable());
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
      CHECK(entries(installed.dir / "data/.navistore/passes") == proofs);
    }
  }

  TEST_CASE("check tries durability where the data will be") {
    const ScratchDir dir;
    const Installation telling("echo \"$@\"; exit 0");
    const Ended ended = run_shell(telling.executable() + " check " + SQLITE_BACKEND +
                                  " --data-dir " + (dir / "not/yet") + " --case I.bounds");
    CHECK(ended.status == 0);
    CHECK_MESSAGE(contains(ended.output, "--scratch " + (dir / ".navistore-proof-")), ended.output);
    CHECK(entries(dir.path()) == 0);
  }

  TEST_CASE("a wrong state or data directory is no wrong backend: status 5") {
    const ScratchDir dir;
    const std::string file = dir.file("file", "");
    for (const std::string &state : {file + "/state", std::string("/sys/navistore")}) {
      const Ended ended = run_navistore(
          {"serve", "--listen", "127.0.0.1:0", "--data-dir", dir / "data", "--state-dir", state});
      CHECK_MESSAGE(ended.status == 5, ended.output);
    }
    CHECK(run_navistore({"serve", "--listen", "127.0.0.1:0", "--data-dir", file}).status == 5);
    CHECK(run_navistore({"check", "sqlite", "--data-dir", "/sys/navistore"}).status == 5);
  }

  TEST_CASE("an engine that cannot be reached is not tested, and that is what is said") {
    const ScratchDir dir;
    const Ended ended =
        run_navistore({"serve", "--listen", "127.0.0.1:0", "--data-dir", dir / "data", "--backend",
                       FAULTY_BACKEND, "--backend-config", R"({"reachable":false})"});
    CHECK(ended.status == 5);
    CHECK_MESSAGE(contains(ended.output, "not tested"), ended.output);
    CHECK_MESSAGE(contains(ended.output, "nobody answers at 192.0.2.1"), ended.output);
    CHECK(entries(dir / "data/.navistore/passes") == 0);
  }

  TEST_CASE("a library that is no backend is refused with what is wrong about it") {
    const ScratchDir dir;
    const Ended ended =
        run_navistore({"serve", "--listen", "127.0.0.1:0", "--data-dir", dir / "data", "--backend",
                       std::string(BROKEN_DIR) + "/broken_MAGIC.so"});
    CHECK(ended.status == 4);
    CHECK_MESSAGE(contains(ended.output, "magic"), ended.output);
  }

  TEST_CASE("a backend that declares other things than it was proven with is refused") {
    const ScratchDir dir;
    const std::vector<std::string> arguments{"serve",      "--listen",  "127.0.0.1:0", "--data-dir",
                                             dir / "data", "--backend", FAULTY_BACKEND};
    {
      ServerProcess server({"--backend", FAULTY_BACKEND, "--data-dir", dir / "data"});
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
    }
    const auto start_after = [&](const std::string &change) {
      const std::string passes = dir / "data/.navistore/passes";
      run_shell("cp -r " + passes + " " + (dir / "kept") + " && sed -i '" + change + "' " + passes +
                "/*");
      const Ended ended = run_navistore(arguments);
      run_shell("rm -r " + passes + " && mv " + (dir / "kept") + " " + passes);
      return std::to_string(ended.status) + ended.output;
    };
    const std::string version = start_after(R"(s/"version":"[^"]*"/"version":"9"/)");
    CHECK_MESSAGE(contains(version, "3navistore: backend refused: "), version);
    CHECK_MESSAGE(contains(version, "not what was proven"), version);
    const std::string watch = start_after(R"(s/"watch":true/"watch":false/)");
    CHECK_MESSAGE(contains(watch, "other interfaces"), watch);
  }

  TEST_CASE("--version says who it is") {
    const Ended ended = run_navistore({"--version"});
    CHECK(ended.status == 0);
    CHECK(ended.output == "navistore " NAVISTORE_VERSION "\n");
  }
}
