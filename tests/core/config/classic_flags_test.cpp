// SPDX-License-Identifier: Apache-2.0
// The options of the original, and those of the import.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/config/options.hpp"
#include "tests/core/config/command_line.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::config::CommandLine;
using navistore::config::ServeOptions;
using navistore::config::testing::parse;
using navistore::test::ScratchDir;

namespace {

ServeOptions classic(std::vector<const char *> arguments) {
  arguments.insert(arguments.begin(), "classic");
  auto parsed = parse(std::move(arguments));
  REQUIRE(parsed.command_line);
  CHECK(parsed.command_line->command == CommandLine::Command::kServe);
  return parsed.command_line->serve;
}

// The exit status, and whether what was said on stderr names the word.
std::string refused(std::vector<const char *> arguments, const std::string &word) {
  const std::string said = navistore::config::testing::refused(std::move(arguments));
  const std::string status = said.substr(0, said.find(' '));
  return status + (said.find(word, status.size()) == std::string::npos ? " without " : " ") + word;
}

}  // namespace

TEST_SUITE("core/config") {
  TEST_CASE("classic: an old command line means what it meant") {
    const ServeOptions options = classic({"-b", "-P", "8889", "-s", "/var/lib/navistore/store/s.db",
                                          "-p", "/run/n.pid", "-l", "/var/log/n.log"});
    CHECK(options.place == ServeOptions::Place::kBackground);
    CHECK(options.classic_listen == std::vector<std::string>{"0.0.0.0:8889"});
    CHECK(options.old_database == "/var/lib/navistore/store/s.db");
    CHECK(options.store.data_dir == "/var/lib/navistore/store/s.db.d");
    CHECK(options.store.state_dir == "/var/lib/navistore/store/s.db.d/.navistore");
    CHECK(options.pid_file == "/run/n.pid");
    CHECK(options.log_file == "/var/log/n.log");
    CHECK(options.http.listen.empty());
  }

  TEST_CASE("classic: the defaults are the original's") {
    const ServeOptions options = classic({});
    CHECK(options.place == ServeOptions::Place::kForeground);
    CHECK(options.classic_listen == std::vector<std::string>{"0.0.0.0:8888"});
    CHECK(options.old_database == "navistore.db");
    CHECK(options.admission.backend == "sqlite");
    CHECK(options.pid_file.empty());
  }

  TEST_CASE("classic: long names, a directory, and the flags of serve") {
    const ScratchDir dir;
    const ServeOptions options =
        classic({"--port", "0", "--storage-path", dir.path().c_str(), "--pidfile", "p",
                 "--log-path", "l", "--background", "--listen", "127.0.0.1:0", "--backend",
                 "memory", "--classic-reset", "allow"});
    CHECK(options.old_database.empty());
    CHECK(options.store.data_dir == dir.path());
    CHECK(options.http.listen.size() == 1);
    CHECK(options.admission.backend == "memory");
    CHECK(options.classic_reset == navistore::classic::Options::Reset::kAllowed);
    const ServeOptions elsewhere = classic({"--data-dir", "d", "--classic-listen", "127.0.0.1:1"});
    CHECK(elsewhere.store.data_dir == "d");
    CHECK(elsewhere.old_database.empty());
    CHECK(elsewhere.classic_listen == std::vector<std::string>{"127.0.0.1:1"});
  }

  TEST_CASE("classic: what is wrong is named, and ends with status 2") {
    CHECK(refused({"classic", "-P", "70000"}, "port") == "2 port");
    CHECK(refused({"classic", "-P", "x"}, "port") == "2 port");
    CHECK(refused({"classic", "-P"}, "port") == "2 port");
    CHECK(refused({"classic", "-s"}, "storage-path") == "2 storage-path");
    CHECK(refused({"classic", "-z"}, "-z") == "2 -z");
    CHECK(refused({"classic", "extra"}, "extra") == "2 extra");
    CHECK(refused({"classic", "-s", "a", "--data-dir", "b"}, "data-dir") == "2 data-dir");
    CHECK(refused({"classic", "-P", "1", "--classic-listen", "b"}, "port") == "2 port");
    CHECK(refused({"classic", "--classic-reset", "no"}, "classic-reset") == "2 classic-reset");
    CHECK(refused({"import-classic"}, "OLD") == "2 OLD");
    CHECK(refused({"import-classic", "a", "b"}, "b") == "2 b");
    CHECK(refused({"serve", "-P", "1"}, "-P") == "2 -P");
  }

  TEST_CASE("import-classic: a file, and where the store is") {
    const auto parsed =
        parse({"import-classic", "old.db", "--data-dir", "d", "--backend", "memory"});
    REQUIRE(parsed.command_line);
    CHECK(parsed.command_line->command == CommandLine::Command::kImport);
    CHECK(parsed.command_line->import.old_database == "old.db");
    CHECK(parsed.command_line->import.serve.store.data_dir == "d");
    CHECK(parsed.command_line->import.serve.admission.backend == "memory");
  }

  TEST_CASE("serve: how long a delete is remembered, who signs peers, and the classic listener") {
    const auto retention = [](const char *text) {
      const auto parsed = parse({"serve", "--tombstone-retention", text});
      return parsed.command_line ? parsed.command_line->serve.store.tombstone_ms : 0;
    };
    CHECK(parse({"serve"}).command_line->serve.store.tombstone_ms == 7 * 24 * 3'600'000);
    CHECK(retention("1s") == 1'000);
    CHECK(retention("90m") == 90 * 60'000);
    CHECK(retention("36h") == 36 * 3'600'000);
    CHECK(retention("30d") == uint64_t{30} * 24 * 3'600'000);
    for (const char *wrong : {"0s", "7", "d", "", "-1d", "1w", "4000d", "99999999999d",
                              "213503982335d", "99999999999999999999999999s"}) {
      CAPTURE(std::string(wrong));
      CHECK(refused({"serve", "--tombstone-retention", wrong}, "tombstone-retention") ==
            "2 tombstone-retention");
    }
    CHECK(refused({"serve", "--peer-ca", "/nowhere/ca.pem"}, "peer-ca") == "2 peer-ca");
    const auto parsed = parse({"serve", "--classic-listen", "127.0.0.1:0"});
    REQUIRE(parsed.command_line);
    CHECK(parsed.command_line->serve.classic_listen == std::vector<std::string>{"127.0.0.1:0"});
    CHECK(parsed.command_line->serve.http.listen.size() == 1);
  }
}
