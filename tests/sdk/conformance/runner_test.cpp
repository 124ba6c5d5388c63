// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "tests/sdk/conformance/harness_process.hpp"

namespace navistore::conformance::test {
namespace {

HarnessEnd open_that(const std::string &what, const std::string &options = "") {
  const ConfigFile config("{\"do\": \"" + what + "\"}");
  return run_harness(MISBEHAVING + config.option() + " " + options);
}

std::string read_file(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The end of a pipe that nobody reads, left open for whatever this process starts.
class InheritedPipe {
 public:
  InheritedPipe() {
    int ends[2] = {-1, -1};
    REQUIRE(pipe(ends) == 0);
    close(ends[0]);
    write_end_ = ends[1];
  }
  ~InheritedPipe() { close(write_end_); }
  InheritedPipe(const InheritedPipe &) = delete;
  InheritedPipe &operator=(const InheritedPipe &) = delete;

 private:
  int write_end_ = -1;
};

// The names in the table below "Configuration", sorted, one a line.
std::string documented_settings(const std::string &readme) {
  std::istringstream lines(readme.substr(readme.find("\n## Configuration\n") + 1));
  std::set<std::string> names;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.rfind("## ", 0) != 0) {
    if (line.rfind("| `", 0) == 0) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  std::string text;
  for (const std::string &name : names) text += name + "\n";
  return text;
}

// The state of the only case of a run.
std::string state_of(const std::string &arguments) {
  const auto report = nlohmann::json::parse(run_harness(arguments + " --json").output);
  return report.at("results").at(0).at("state");
}

}  // namespace

TEST_SUITE("sdk/conformance runner") {
  TEST_CASE("not a backend: exit status 4 and the reason") {
    for (const char *path :
         {"/etc/passwd", "/no/such/file.so", FAULTY_DIR "/libnavistore_faulty_wrong_magic.so",
          FAULTY_DIR "/libnavistore_faulty_borrowed_entry.so",
          FAULTY_DIR "/libnavistore_faulty_null_member.so"}) {
      CAPTURE(path);
      const HarnessEnd end = run_harness(path);
      CHECK(end.status == 4);
      CHECK(end.says("not a backend: "));
    }
  }

  TEST_CASE("an engine that cannot be reached: exit status 5, not failed") {
    const HarnessEnd end = open_that("nothing");
    CHECK(end.status == 5);
    CHECK(end.says("not tested: open UNAVAILABLE: no engine"));
  }

  TEST_CASE("an exit status of 0 is not a pass") {
    for (const std::string way : {"exit_0", "exit_at_once", "write_everywhere"}) {
      CAPTURE(way);
      const HarnessEnd end = open_that(way);
      CHECK(end.status == 1);
      CHECK(end.says("CRASH probe: "));
      CHECK(end.says("ended with status 0 before the case was over"));
    }
  }

  TEST_CASE("a case has none of the descriptors that the runner was started with") {
    const InheritedPipe broken;  // to write to it would end the process by SIGPIPE
    const HarnessEnd end = open_that("write_everywhere");
    CHECK(end.says("ended with status 0 before the case was over"));
  }

  TEST_CASE("a signal is a crash that is named") {
    const HarnessEnd end = open_that("segv");
    CHECK(end.status == 1);
    CHECK(end.says("CRASH probe: "));
  }

  TEST_CASE("a plugin that closes our descriptors does not pass") {
    const HarnessEnd end = open_that("close_all");
    CHECK(end.status == 1);
    CHECK(end.says("CRASH probe: "));
  }

  TEST_CASE("a hang ends at the time limit") {
    const HarnessEnd end = open_that("hang", "--timeout 1");
    CHECK(end.status == 1);
    CHECK(end.says("TIMEOUT probe: still running at its time limit"));
  }

  TEST_CASE("a plugin that writes to stdout fails the case, and the printed command repeats it") {
    const ConfigFile config("{\"bug\": \"stdout_written\"}");
    const HarnessEnd end =
        run_harness(FAULTY_DIR "/libnavistore_faulty.so --case C.put_get" + config.option());
    CHECK(end.status == 1);
    CHECK(end.says("FAIL C.put_get: wrote to stdout or stderr: faulty: apply"));
    const size_t at = end.output.find("  repeat: navistore-conformance ");
    REQUIRE(at != std::string::npos);
    const std::string command = end.output.substr(at + 32, end.output.find('\n', at) - at - 32);
    const HarnessEnd again = run_harness(command);
    CHECK(again.status == 1);
    CHECK(again.says("FAIL C.put_get: "));
  }

  TEST_CASE("any bytes in a message come out as valid JSON and XML") {
    const std::string junit = "/tmp/navistore-junit-" + std::to_string(getpid()) + ".xml";
    const HarnessEnd end = open_that("odd_text", "--json --junit " + junit);
    CHECK(end.status == 1);
    const auto report = nlohmann::json::parse(end.output);
    CHECK(report.at("verdict") == "failed");
    CHECK(report.at("results").at(0).at("message") == "open DENIED: a\"b\\c\x01\xEF\xBF\xBD<&>\n");
    const std::string xml = read_file(junit);
    unlink(junit.c_str());
    CHECK(xml.find("a&quot;b\\c\xEF\xBF\xBD\xEF\xBF\xBD&lt;&amp;&gt;&#10;") != std::string::npos);
  }

  TEST_CASE("a durable put of SQLite is seen by the witness") {
    CHECK(state_of(SQLITE " --case M.fsync_witness") == "PASS");  // WARN: not seen
  }

  TEST_CASE("a capability that is not declared skips a case") {
    CHECK(state_of(MEMORY " --case M.kill_durable") == "SKIP");
  }

  TEST_CASE("a configuration without a setting is a warning where wrong types are tried") {
    const std::string any_accepted = FAULTY_DIR "/libnavistore_faulty_config_ignored.so";
    const std::string wrong_type = " --case B.config_wrong_type";
    CHECK(state_of(any_accepted + wrong_type) == "WARN");
    CHECK(state_of(any_accepted + wrong_type + ConfigFile("{ }").option()) == "WARN");
    CHECK(state_of(any_accepted + wrong_type + ConfigFile(R"({"history": "full"})").option()) ==
          "FAIL");
    const HarnessEnd end = run_harness(any_accepted + wrong_type);
    CHECK(end.status == 0);
    CHECK(end.says("WARN B.config_wrong_type: no wrong type was tried"));
  }

  TEST_CASE("the suite gives each setting of a plugin that its README tells a wrong type") {
    for (const auto &[name_of_plugin, library] :
         {std::pair("memory", MEMORY), std::pair("sqlite", SQLITE)}) {
      const std::string plugin = name_of_plugin;
      CAPTURE(plugin);
      const std::string dir = std::string(PLUGINS) + "/" + plugin;
      const auto settings = nlohmann::json::parse(read_file(dir + "/conformance.json"));
      std::string names;
      for (const auto &[name, value] : settings.items()) names += name + "\n";
      CHECK(names == documented_settings(read_file(dir + "/README.md")));
      CHECK(state_of(std::string(library) + " --case B.config_wrong_type --config " + dir +
                     "/conformance.json") == "PASS");
    }
  }

  TEST_CASE("wrong arguments: exit status 2") {
    for (const char *arguments :
         {"", "--nonsense", "a.so b.so", "a.so --tier best", "a.so --seed x", "a.so --case",
          "a.so --case Z.nothing", "a.so --config /no/such/file"}) {
      CAPTURE(arguments);
      CHECK(run_harness(arguments).status == 2);
    }
  }

  TEST_CASE("the README lists every case") {
    std::istringstream lines(run_harness("--list --tier soak").output);
    const std::string readme = read_file(README);
    size_t count = 0;
    for (std::string name, tier; lines >> name >> tier; ++count) {
      CAPTURE(name);
      CHECK(readme.find("\n" + name + " " + tier + "\n") != std::string::npos);
    }
    CHECK(count > 0);
  }

  TEST_CASE("the version names build and case list") {
    const HarnessEnd end = run_harness("--version");
    CHECK(end.status == 0);
    CHECK(end.output == run_harness("--version").output);
    CHECK(end.says(" cases "));
  }
}

}  // namespace navistore::conformance::test
