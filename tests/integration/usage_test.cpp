// SPDX-License-Identifier: Apache-2.0
// A wrong command line: named, before anything is proven or made.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/core/http/certificates.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::http::testing::Certificates;
using navistore::test::Ended;
using navistore::test::navistore_executable;
using navistore::test::run_shell;
using navistore::test::ScratchDir;

namespace {

struct Row {
  std::string arguments;
  std::string flag;   // is named
  std::string value;  // is named, or what is wrong with it
};

// In an empty directory, where the data would be, too. A server that starts after all is ended.
void check_refused(const Row &row) {
  const ScratchDir dir;
  const Ended ended = run_shell("cd " + dir.path() + " && exec timeout 30 " +
                                navistore_executable() + " " + row.arguments);
  CHECK_MESSAGE(ended.status == 2, row.arguments << "\n" << ended.output);
  CHECK_MESSAGE(ended.output.find(row.flag) != std::string::npos, row.arguments << "\n"
                                                                                << ended.output);
  CHECK_MESSAGE(ended.output.find(row.value) != std::string::npos, row.arguments << "\n"
                                                                                 << ended.output);
  CHECK_MESSAGE(ended.output.size() < 900, ended.output);
  CHECK_MESSAGE(std::filesystem::is_empty(dir.path()), row.arguments);
}

}  // namespace

TEST_SUITE("integration/usage") {
  TEST_CASE("a wrong command line ends with status 2, names flag and value, and makes nothing") {
    for (const Row &row : {
             Row{"", "subcommand", "required"},
             Row{"foo", "subcommand", "'foo'"},
             Row{"--foo", "flag", "'--foo'"},
             Row{"serve --bakend sqlite", "--bakend", ""},
             Row{"serve stray", "stray", ""},
             Row{"serve --listen nonsense", "--listen 'nonsense'", "no port"},
             Row{"serve --listen 127.0.0.1:99999", "--listen '127.0.0.1:99999'", "0 to 65535"},
             Row{"serve --listen 127.0.0.1:0 --listen ''", "--listen ''", "no port"},
             Row{"serve --listen 999.1.1.1:80", "--listen '999.1.1.1:80'", "not known"},
             Row{"serve --listen ::1:80", "--listen '::1:80'", "brackets"},
             Row{"serve --listen unix:", "--listen 'unix:'", "1 to 107 bytes"},
             Row{"serve --classic-listen nonsense", "--classic-listen 'nonsense'", "no port"},
             Row{"classic -b --classic-listen x:y", "--classic-listen 'x:y'", "0 to 65535"},
             Row{"classic -b -P 0 --listen nonsense", "--listen 'nonsense'", "no port"},
             Row{"classic -P 70000", "--port", "70000"},
             Row{"classic -l ''", "--log-path", "''"},
             Row{"classic -P 0 -l /no/such/log", "--log-path", "/no/such/log"},
             Row{"serve --threads 0", "--threads", "0"},
             Row{"serve --threads many", "--threads", "many"},
             Row{"serve --backlog 70000", "--backlog", "70000"},
             Row{"serve --max-connections 0", "--max-connections", "0"},
             Row{"serve --max-gathered 0", "--max-gathered", "0"},
             Row{"serve --max-body x", "--max-body", "x"},
             Row{"serve --max-value 0", "--max-value", "0"},
             Row{"serve --history 0", "--history", "Value 0 not in range 1 to 1000000000000"},
             Row{"serve --drain-limit -1", "--drain-limit", "-1"},
             Row{"serve --durability maybe", "--durability", "'maybe'"},
             Row{"serve --conformance no", "--conformance", "'no'"},
             Row{"serve --require magic", "--require", "magic"},
             Row{"serve --log-level loud", "--log-level", "loud"},
             Row{"serve --namespace Upper", "--namespace", "'Upper'"},
             Row{"serve --namespace x-system", "--namespace", "'x-system'"},
             Row{"import-classic old.db --namespace x-system", "--namespace", "'x-system'"},
             Row{"serve --tombstone-retention 1w", "--tombstone-retention", "'1w'"},
             Row{"serve --classic-reset all", "--classic-reset", "'all'"},
             Row{"serve --peer-ca /no/such.pem", "--peer-ca", "/no/such.pem"},
             Row{"serve --data-dir ''", "--data-dir", "''"},
             Row{"serve --state-dir ''", "--state-dir", "''"},
             Row{"serve --backend ''", "--backend", "''"},
             Row{"serve --backend-dir /no/such", "--backend-dir", "/no/such"},
             Row{"serve --backend-config '{'", "--backend-config", "parse error"},
             Row{"serve --backend-config 7", "--backend-config", "object"},
             Row{"serve --backend-config @/no/such", "--backend-config", "/no/such"},
             Row{"serve --tls-cert c", "--tls-key", ""},
             Row{"check", "PLUGIN", "required"},
             Row{"check sqlite --backend-config 7", "--backend-config", "object"},
             Row{"check sqlite --backend-dir /no/such", "--backend-dir", "/no/such"},
             Row{"check sqlite --tier best", "--tier", "'best'"},
             Row{"backends --backend-config 7", "--backend-config", "object"},
             Row{"backends --data-dir ''", "--data-dir", "''"},
             Row{"import-classic", "OLD", "required"},
             Row{"import-classic old.db --backend-config 7", "--backend-config", "object"},
         }) {
      check_refused(row);
    }
  }

  TEST_CASE("TLS: a file that cannot be used is named with the cause before anything is made") {
    const Certificates certificates;
    const ScratchDir dir;
    const std::string certificate = certificates.certificate("server");
    const std::string key = certificates.key("server");
    const std::string text = dir.file("text.pem", "no PEM");
    const auto tls = [](const std::string &chain, const std::string &its_key) {
      return "serve --tls-cert " + chain + " --tls-key " + its_key;
    };
    for (const Row &row : {
             Row{tls("/no/cert.pem", key), "--tls-cert", "'/no/cert.pem': No such file or dir"},
             Row{tls(certificate, "/no/key.pem"), "--tls-key",
                 "'/no/key.pem': No such file or dir"},
             Row{tls(text, key), "--tls-cert", "text.pem': no start line"},
             Row{tls(certificate, certificates.key("client")), "--tls-key", "key values mismatch"},
             Row{tls(certificate, key) + " --tls-client-ca /no/ca.pem", "--tls-client-ca",
                 "'/no/ca.pem': No such file or dir"},
         }) {
      check_refused(row);
    }
  }

  TEST_CASE("--max-value above what the backend takes is status 2, with flag, value and limit") {
    const ScratchDir dir;
    const std::string serve = navistore_executable() +
                              " serve --listen 127.0.0.1:0 --conformance skip --backend memory"
                              " --backend-config '{\"max_bytes\":8388608}' --data-dir ";
    const Ended ended = run_shell(serve + dir.path() + " --max-value 2M");
    CHECK(ended.status == 2);
    CHECK_MESSAGE(ended.output.find("--max-value 2097152: the backend takes values of at most "
                                    "1048576 bytes") != std::string::npos,
                  ended.output);
  }
}
