// SPDX-License-Identifier: Apache-2.0
// A backend is proven, not trusted: what an operator sees of it.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::Ended;
using navistore::test::HttpClient;
using navistore::test::navistore_executable;
using navistore::test::run_navistore;
using navistore::test::run_shell;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

Ended serve(const ScratchDir &dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"serve", "--data-dir", dir / "data", "--listen", "127.0.0.1:0"});
  return run_navistore(arguments);
}

std::string info_of(const ServerProcess &server) {
  HttpClient client(server.port());
  auto answer = client.request("GET", "/v1/info");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  return answer->body;
}

int stop(ServerProcess &server) {
  server.signal(SIGTERM);
  return server.wait();
}

// The rest of the line behind the first mark in text; empty: there is none.
std::string line_after(const std::string &text, const std::string &mark) {
  const size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const size_t begin = at + mark.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

// Runs the command that is printed for a failed case as it stands, from another directory: the same
// case fails, on the same random input, with the same words. Returns its output.
std::string check_repeated(const std::string &output, const std::string &failed_case) {
  const std::string mark = "FAIL " + failed_case + ": ";
  const std::string failure = line_after(output, mark);
  REQUIRE_MESSAGE(!failure.empty(), output);
  const std::string command = line_after(output.substr(output.find(mark)), "repeat: ");
  CHECK_MESSAGE(contains(command, "navistore' check "), output);
  CHECK_MESSAGE(contains(command, " --seed "), output);
  const Ended again = run_shell("cd / && " + command);
  CHECK(again.status == 3);
  CHECK_MESSAGE(line_after(again.output, mark) == failure, command << "\n" << again.output);
  return again.output;
}

}  // namespace

TEST_SUITE("integration/admission") {
  TEST_CASE("a backend that fails a case is refused by name, and the printed command repeats it") {
    const ScratchDir dir;
    const Ended ended =
        serve(dir, {"--backend", FAULTY_BACKEND, "--backend-config", R"({"bug":"end_inclusive"})"});
    CHECK(ended.status == 3);
    check_repeated(ended.output, "I.bounds");
    check_repeated(ended.output, "C.model");
    const std::string config = "@" + dir.file("it's.json", R"({"bug":"end_inclusive"})");
    const Ended from_file = serve(dir, {"--backend", FAULTY_BACKEND, "--backend-config", config});
    check_repeated(from_file.output, "C.model");
  }

  TEST_CASE("a failed check prints a command that repeats it, which prints it, too") {
    const ScratchDir dir;
    dir.file("config.json", R"({"bug":"end_inclusive"})");
    std::filesystem::create_symlink(FAULTY_BACKEND, dir / "faulty.so");
    const std::string check = "cd " + dir.path() + " && " + navistore_executable() +
                              " check ./faulty.so --case C.model --case C.delete";
    const Ended inherited = run_shell(check + " --backend-config @config.json --tier full -j 1");
    const std::string again = check_repeated(inherited.output, "C.model");
    CHECK_MESSAGE(contains(again, " --data-dir '" + dir.path() + "'"), again);
    CHECK_MESSAGE(contains(again, " --tier full --case C.model "), again);
    check_repeated(again, "C.model");
    // The harness's own flags, which take the place of ours, and its limits.
    const Ended own = run_shell(check + " --config config.json --scratch . --timeout 9");
    const std::string limited = check_repeated(own.output, "C.model");
    CHECK_MESSAGE(contains(limited, " --timeout 9 --case C.model "), limited);
    const Ended unopened = run_shell(check + R"( --backend-config '{"bugs":1}')");
    check_repeated(unopened.output, "probe");
  }

  TEST_CASE("the same backend without the bug is admitted") {
    const ScratchDir dir;
    ServerProcess server({"--backend", FAULTY_BACKEND, "--data-dir", dir / "data"});
    CHECK(contains(info_of(server), "passed"));
    CHECK(stop(server) == 0);
  }

  TEST_CASE("what is no backend is refused with status 4") {
    const ScratchDir dir;
    const std::string broken = BROKEN_DIR;
    for (const std::string &path :
         {dir.file("text.so", "no ELF"), broken + "/broken_MAGIC.so",
          broken + "/broken_NO_ENTRY.so", std::string("no-such-backend"), dir / "no-such.so"}) {
      const Ended ended = serve(dir, {"--backend", path});
      CHECK_MESSAGE(ended.status == 4, path << ": " << ended.output);
    }
    const Ended skipped =
        serve(dir, {"--conformance", "skip", "--backend", broken + "/broken_MAGIC.so"});
    CHECK(skipped.status == 4);
  }

  TEST_CASE("a pass is remembered, and a replaced plugin is proven again") {
    const ScratchDir dir;
    const std::string plugin = dir / "libnavistore_copy.so";
    std::filesystem::copy_file(SQLITE_BACKEND, plugin);
    const std::vector<std::string> arguments{"--backend", plugin, "--data-dir", dir / "data"};
    // A run of the suite writes a pass; a start that finds one leaves it as it is.
    const auto passes = [&] {
      ServerProcess server(arguments);
      CHECK(contains(info_of(server), R"("conformance":"passed)"));
      CHECK(stop(server) == 0);
      std::set<std::string> found;
      for (const auto &pass : std::filesystem::directory_iterator(dir / "data/.navistore/passes")) {
        struct stat file {};  // what is written anew is another file
        CHECK(::stat(pass.path().c_str(), &file) == 0);
        found.insert(pass.path().string() + " " + std::to_string(file.st_ino));
      }
      return found;
    };
    const auto first = passes();
    CHECK(first.size() == 1);
    CHECK(passes() == first);
    // Bytes behind the end of an ELF file change its hash and nothing else.
    CHECK(run_shell("printf x >> " + plugin).status == 0);
    const auto second = passes();
    CHECK(second.size() == 2);
    CHECK(passes() == second);
  }

  TEST_CASE("a store with other capabilities than those that were proven is refused by name") {
    const ScratchDir dir;
    const std::string data = dir / "data";
    ServerProcess server({"--backend", "sqlite", "--data-dir", data});
    CHECK(stop(server) == 0);
    // As if the suite had seen a store with SHARED alone.
    CHECK(run_shell(R"(sed -i 's/"flags":[0-9]*/"flags":2/' )" + data + "/.navistore/passes/*")
              .status == 0);
    const Ended ended = serve(dir, {"--backend", "sqlite"});
    CHECK(ended.status == 3);
    CHECK_MESSAGE(contains(ended.output, "SHARED is missing"), ended.output);
    CHECK_MESSAGE(contains(ended.output, "PERSISTENT was not tested"), ended.output);
  }

  TEST_CASE("--require refuses what the backend lacks, by name") {
    const ScratchDir dir;
    const Ended lacks = serve(dir, {"--backend", "memory", "--require", "changes,persistent"});
    CHECK(lacks.status == 3);
    CHECK_MESSAGE(contains(lacks.output, "'persistent'"), lacks.output);
    ServerProcess server({"--backend", "sqlite", "--require", "persistent,changes,watch,upkeep",
                          "--data-dir", dir / "data"});
    CHECK(stop(server) == 0);
  }

  TEST_CASE("--conformance skip says so at the start and in /v1/info") {
    const ScratchDir dir;
    ServerProcess server({"--conformance", "skip", "--data-dir", dir / "data"});
    CHECK(contains(info_of(server), R"("skipped")"));
    CHECK(stop(server) == 0);
    const Ended busy = serve(dir, {"--conformance", "skip", "--listen", "unix:/no/such/socket"});
    CHECK(busy.status == 6);
    CHECK_MESSAGE(contains(busy.output, "NOT tested"), busy.output);
  }

  TEST_CASE("navistore check runs the suite, navistore backends lists what is found") {
    const ScratchDir dir;
    const Ended check = run_navistore({"check", "sqlite", "--case", "C.put_get"});
    CHECK(check.status == 0);
    CHECK_MESSAGE(contains(check.output, "1 passed"), check.output);
    const Ended list = run_navistore({"backends", "--data-dir", dir / "data"});
    CHECK(list.status == 0);
    CHECK_MESSAGE(contains(list.output, "sqlite       passed"), list.output);
    CHECK_MESSAGE(contains(list.output, "memory       passed"), list.output);
  }

  TEST_CASE("navistore check ends with the status that a server would, and says why") {
    const std::string faulty = std::string("check ") + FAULTY_BACKEND;
    const std::string broken = std::string("check ") + BROKEN_DIR;
    const struct {
      std::string arguments;
      int status;
      std::string says;
    } rows[] = {
        {"check sqlite --case C.put_get", 0, "1 passed"},
        {"check sqlite --case NO_SUCH", 2, "--case selects no case"},
        {"check sqlite --nonsense", 2, "--nonsense"},
        {faulty + R"( --case I.bounds --backend-config '{"bug":"end_inclusive"}')", 3,
         "navistore: the backend fails the conformance suite\n"},
        {faulty + R"( --case B.must_exist --backend-config '{"nonsense":1}')", 3, "nonsense"},
        {"check no-such-backend", 4, "no libnavistore_no-such-backend.so in "},
        {broken + "/broken_MAGIC.so", 4, "wrong magic"},
        {faulty + R"( --backend-config '{"reachable":false}')", 5, "nobody answers at 192.0.2.1"},
        {faulty + " --case I.bounds --scratch /no/such/place", 5, "cannot make a directory in"},
    };
    for (const auto &row : rows) {
      const Ended ended = run_shell(navistore_executable() + " " + row.arguments);
      CHECK_MESSAGE(ended.status == row.status, row.arguments << "\n" << ended.output);
      CHECK_MESSAGE(contains(ended.output, row.says), row.arguments << "\n" << ended.output);
    }
  }

  TEST_CASE("the report that admitted the backend is served, in JSON and JUnit") {
    const ScratchDir dir;
    ServerProcess server({"--data-dir", dir / "data"});
    HttpClient client(server.port());
    auto json = client.request("GET", "/v1/conformance");
    REQUIRE(json);
    CHECK(json->status == 200);
    CHECK(contains(json->body, "C.put_get"));
    const std::string digest =
        run_shell("curl -s http://127.0.0.1:" + std::to_string(server.port()) +
                  "/v1/conformance | sha256sum | cut -d' ' -f1")
            .output.substr(0, 64);
    CHECK(digest.size() == 64);
    CHECK(contains(info_of(server), R"("conformance_sha256":")" + digest + "\""));
    auto junit = client.request("GET", "/v1/conformance", {}, {"Accept: application/xml"});
    REQUIRE(junit);
    CHECK(contains(junit->body, "<testsuite"));
    CHECK(stop(server) == 0);
  }
}
