// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/config/options.hpp"
#include "tests/core/config/command_line.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::config::CommandLine;
using navistore::config::ServeOptions;
using navistore::config::testing::parse;
using navistore::config::testing::refused;
using navistore::test::ScratchDir;

namespace {

ServeOptions serve(std::vector<const char *> arguments) {
  arguments.insert(arguments.begin(), "serve");
  auto parsed = parse(std::move(arguments));
  REQUIRE(parsed.command_line);
  return parsed.command_line->serve;
}

bool names(const std::string &message, const std::string &flag) {
  return message.compare(0, 2, "2 ") == 0 && message.find(flag) != std::string::npos;
}

}  // namespace

TEST_SUITE("core/config") {
  TEST_CASE("flags: the defaults are those of the documentation") {
    const ServeOptions options = serve({});
    CHECK(options.admission.backend == "sqlite");
    CHECK(options.admission.conformance == navistore::host::Conformance::kGate);
    CHECK(options.admission.state_dir == "data/.navistore");
    CHECK(options.store.ns == "default");
    CHECK(options.store.durability == navistore::store::Durability::kSync);
    CHECK(options.store.history == 1'000'000);
    CHECK(options.store.max_value == 1024 * 1024);
    CHECK(options.max_body == 16 * 1024 * 1024);
    CHECK(options.http.max_gathered_bytes == 128U * 1024 * 1024);
    REQUIRE(options.http.listen.size() == 1);
    CHECK(options.http.listen[0].address == "127.0.0.1:8787");
    CHECK_FALSE(options.http.listen[0].tls);
    CHECK(options.http.threads >= 1);
    CHECK(options.http.backlog == 4096);
    CHECK(options.drain_limit.count() == 10);
  }

  TEST_CASE("flags: each reaches its option") {
    const ScratchDir dir;
    const std::string file = "@" + dir.file("c.json", R"({"a":1})");
    const ServeOptions options = serve({"--backend",
                                        "memory",
                                        "--backend-config",
                                        file.c_str(),
                                        "--backend-dir",
                                        dir.path().c_str(),
                                        "--backend-dir",
                                        "/",
                                        "--data-dir",
                                        "d",
                                        "--namespace",
                                        "ns",
                                        "--backlog",
                                        "17",
                                        "--max-connections",
                                        "18",
                                        "--drain-limit",
                                        "19",
                                        "--durability",
                                        "relaxed",
                                        "--history",
                                        "5",
                                        "--max-value",
                                        "2M",
                                        "--value-cache",
                                        "5M",
                                        "--list-cache",
                                        "0",
                                        "--max-body",
                                        "1K",
                                        "--max-gathered",
                                        "3K",
                                        "--read-only",
                                        "--listen",
                                        "127.0.0.1:0",
                                        "--listen",
                                        "unix:/run/x",
                                        "--threads",
                                        "3",
                                        "--require",
                                        "persistent,changes",
                                        "--conformance",
                                        "skip",
                                        "--tls-cert",
                                        "c",
                                        "--tls-key",
                                        "k"});
    CHECK(options.admission.backend == "memory");
    CHECK(options.store.config == R"({"a":1})");
    CHECK(options.admission.config_argument == file);
    CHECK(options.admission.backend_dirs == std::vector<std::string>{dir.path(), "/"});
    CHECK(options.store.data_dir == "d");
    CHECK(options.store.state_dir == "d/.navistore");
    CHECK(options.store.ns == "ns");
    CHECK(options.store.durability == navistore::store::Durability::kRelaxed);
    CHECK(options.store.history == 5);
    CHECK(options.store.max_value == 2 * 1024 * 1024);
    CHECK(options.max_body == 1024);
    CHECK(options.list_cache == 0);
    CHECK(options.value_cache == 5 * 1024 * 1024);
    CHECK(options.http.max_gathered_bytes == 3 * 1024);
    CHECK(options.access == ServeOptions::Access::kReadOnly);
    CHECK(options.http.listen.size() == 2);
    CHECK(options.http.listen[1].address == "unix:/run/x");
    CHECK(options.http.listen[1].tls);
    CHECK(options.http.threads == 3);
    CHECK(options.http.backlog == 17);
    CHECK(options.http.max_connections == 18);
    CHECK(options.drain_limit.count() == 19);
    CHECK(options.admission.require == std::vector<std::string>{"persistent", "changes"});
    CHECK(options.admission.conformance == navistore::host::Conformance::kSkip);
  }

  TEST_CASE("flags: a wrong flag or value is named and is exit status 2") {
    CHECK(names(refused({"serve", "--bakend", "sqlite"}), "--bakend"));
    CHECK(names(refused({"serve", "--durability", "maybe"}), "--durability"));
    CHECK(names(refused({"serve", "--durability", "maybe"}), "relaxed|sync"));
    CHECK(names(refused({"serve", "--threads", "0"}), "--threads"));
    CHECK(names(refused({"serve", "--threads", "many"}), "--threads"));
    CHECK(names(refused({"serve", "--backlog", "0"}), "--backlog"));
    CHECK(names(refused({"serve", "--drain-limit", "3601"}), "--drain-limit"));
    CHECK(names(refused({"serve", "--max-value", "65M"}), "--max-value"));
    CHECK(names(refused({"serve", "--max-value", "-1"}), "--max-value"));
    CHECK(names(refused({"serve", "--max-gathered", "0"}), "--max-gathered"));
    CHECK(names(refused({"serve", "--namespace", "Upper"}), "--namespace"));
    CHECK(names(refused({"serve", "--namespace", ""}), "--namespace"));
    for (const char *ns : {"x-system", "-system", "default-system"}) {
      CHECK(names(refused({"serve", "--namespace", ns}), "--namespace: '" + std::string(ns) + "'"));
    }
    for (const char *ns : {"system", "x_system", "x-system-", "x-systems"}) {
      CHECK(serve({"--namespace", ns}).store.ns == ns);
    }
    CHECK(names(refused({"serve", "--namespace", "a/b"}), "--namespace"));
    CHECK(names(refused({"serve", "--namespace", ".."}), "--namespace"));
    CHECK(names(refused({"serve", "--max-connections", "0"}), "--max-connections"));
    CHECK(names(refused({"serve", "--require", "magic"}), "--require"));
    CHECK(names(refused({"serve", "--backend-config", "@/no/such"}), "--backend-config"));
    CHECK(names(refused({"serve", "--tls-cert", "c"}), "--tls-key"));
    CHECK(names(refused({"serve", "--tls-key", "k"}), "--tls-cert"));
    CHECK(names(refused({"serve", "--tls-client-ca", "a"}), "--tls-cert"));
    CHECK(names(refused({"serve", "stray"}), "stray"));
    CHECK(names(refused({}), "subcommand"));
    CHECK(names(refused({"foo"}), "'foo'"));
    CHECK(names(refused({"--foo", "serve"}), "--foo"));
    CHECK(names(refused({"serve", "--history", "0"}), "--history: Value 0 not in"));
    CHECK(refused({"serve", "--history", "0"}).size() < 200);
    CHECK(refused({"serve", "--max-connections", "0"}).size() < 200);
    CHECK(names(refused({"serve", "--backend-dir", "/no/such"}), "--backend-dir: "));
    CHECK(names(refused({"check"}), "PLUGIN"));
  }

  TEST_CASE("flags: no name and no path is empty") {
    const std::vector<std::vector<const char *>> flags = {
        {"serve", "--backend", "--backend-dir", "--data-dir", "--state-dir", "--tls-cert",
         "--tls-key", "--tls-client-ca", "--port-file", "--peer-ca"},
        {"classic", "--storage-path", "--log-path", "--pidfile"},
        {"check", "--data-dir", "--state-dir"},
        {"backends", "--data-dir", "--state-dir"}};
    for (const auto &command : flags) {
      for (size_t i = 1; i < command.size(); ++i) {
        CHECK(names(refused({command[0], command[i], ""}), command[i]));
      }
    }
    CHECK(names(refused({"check", ""}), "PLUGIN"));
    CHECK(names(refused({"import-classic", ""}), "OLD"));
  }

  TEST_CASE("flags: the limits are inclusive") {
    CHECK(serve({"--history", "1"}).store.history == 1);
    CHECK(serve({"--history", "1000000000000"}).store.history == 1'000'000'000'000);
    CHECK(names(refused({"serve", "--history", "1000000000001"}), "--history"));
    CHECK(serve({"--max-value", "64M"}).store.max_value == 64U * 1024 * 1024);
    CHECK(names(refused({"serve", "--max-value", "67108865"}), "--max-value"));
    const std::string longest(56, 'n');
    CHECK(serve({"--namespace", longest.c_str()}).store.ns == longest);
    const std::string longer(57, 'n');
    CHECK(names(refused({"serve", "--namespace", longer.c_str()}), "--namespace"));
    CHECK(serve({"--max-body", "1G"}).max_body == uint64_t{1} << 30U);
    CHECK(names(refused({"serve", "--max-body", "1073741825"}), "--max-body"));
    CHECK(serve({"--max-gathered", "1T"}).http.max_gathered_bytes == uint64_t{1} << 40U);
    CHECK(names(refused({"serve", "--max-gathered", "1099511627777"}), "--max-gathered"));
    CHECK(serve({"--threads", "1024"}).http.threads == 1024);
    CHECK(names(refused({"serve", "--threads", "1025"}), "--threads"));
    CHECK(serve({"--backlog", "65535"}).http.backlog == 65535);
    CHECK(names(refused({"serve", "--backlog", "65536"}), "--backlog"));
    CHECK(serve({"--drain-limit", "0"}).drain_limit.count() == 0);
    CHECK(serve({"--drain-limit", "3600"}).drain_limit.count() == 3600);
    const uint64_t longest_ms = uint64_t{3'650} * 24 * 3'600 * 1'000;
    CHECK(serve({"--tombstone-retention", "3650d"}).store.tombstone_ms == longest_ms);
    CHECK(serve({"--tombstone-retention", "315360000s"}).store.tombstone_ms == longest_ms);
    CHECK(names(refused({"serve", "--tombstone-retention", "315360001s"}), "--tombstone"));
  }

  TEST_CASE("flags: the state directory is the one that was named") {
    const ServeOptions options = serve({"--data-dir", "d", "--state-dir", "s"});
    CHECK(options.admission.state_dir == "s");
    CHECK(options.store.state_dir == "s");
  }

  TEST_CASE("flags: who asks for help or the version gets it, with exit status 0") {
    for (const char *asked : {"--help", "--version"}) {
      CAPTURE(std::string(asked));
      const auto parsed = parse({asked});
      CHECK_FALSE(parsed.command_line);
      CHECK(parsed.exit_status == 0);
    }
  }

  TEST_CASE("flags: check passes the harness's own arguments on") {
    const auto parsed = parse({"check", "./x.so", "--case", "C.put_get", "--json"});
    REQUIRE(parsed.command_line);
    CHECK(parsed.command_line->command == CommandLine::Command::kCheck);
    CHECK(parsed.command_line->check.admission.backend == "./x.so");
    CHECK(parsed.command_line->check.harness_arguments ==
          std::vector<std::string>{"--case", "C.put_get", "--json"});
  }
}
