// SPDX-License-Identifier: Apache-2.0
// navistore in the place of the original's server.
#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::Ended;
using navistore::test::eventually;
using navistore::test::HttpClient;
using navistore::test::run_navistore;
using navistore::test::run_shell;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

constexpr std::chrono::seconds kPatience{60};

std::string content(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string ask(uint16_t port, const std::string &method, const std::string &target,
                const std::string &body = {}) {
  HttpClient client(port);
  const auto answer = client.request(method, target, body);
  if (!answer) return "no answer";
  return std::to_string(answer->status) + (answer->status == 200 ? " " + answer->body : "");
}

// Of a process that is no child of this one; who adopted it may leave its entry.
bool ended(pid_t pid) {
  const std::string stat = content("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.compare(stat.rfind(')') + 2, 1, "Z") == 0;
}

// A server in the background, as an init script starts and stops it.
class Service {
 public:
  explicit Service(const ScratchDir &dir, const std::string &more = {}) : dir_(dir) {
    std::vector<std::string> arguments{
        "classic",   "-b", "-P",        "0",           "-s",         dir / "old.db",  "-p",
        dir / "pid", "-l", dir / "log", "--port-file", dir / "port", "--conformance", "skip"};
    if (!more.empty()) arguments.push_back(more);
    started_ = run_navistore(arguments);
  }
  ~Service() { stop(); }
  Service(const Service &) = delete;
  Service &operator=(const Service &) = delete;

  const Ended &started() const { return started_; }
  pid_t pid() const { return static_cast<pid_t>(std::stol(content(dir_ / "pid"))); }
  uint16_t port() const { return static_cast<uint16_t>(std::stoul(content(dir_ / "port"))); }
  void stop() {
    if (content(dir_ / "pid").empty()) return;
    const pid_t pid = this->pid();
    ::kill(pid, SIGTERM);
    CHECK(eventually([&] { return ended(pid); }, kPatience));
  }

 private:
  const ScratchDir &dir_;
  Ended started_{};
};

void make_old(const ScratchDir &dir, const std::string &rows) {
  sqlite3 *db = nullptr;
  REQUIRE(sqlite3_open((dir / "old.db").c_str(), &db) == SQLITE_OK);
  const std::string sql =
      "create table navistore(key text, value text); insert into navistore values " + rows;
  CHECK(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_SUITE_BEGIN("integration/classic");

TEST_CASE(
    "classic: an old init line serves the old data, in the background, and stops by its pid") {
  const ScratchDir dir;
  make_old(dir, "('color','red'),('size','1'),('color','never shown')");
  const std::string before = content(dir / "old.db");
  {
    Service service(dir);
    REQUIRE_MESSAGE(service.started().status == 0, service.started().output);
    CHECK(::getsid(service.pid()) == service.pid());  // the end of a terminal does not end it
    CHECK(ask(service.port(), "GET", "/color") == "200 red");
    CHECK(ask(service.port(), "GET", "/listkeys") == R"(200 ["color","size"])");
    CHECK(ask(service.port(), "DELETE", "/size") == "200 OK");
    CHECK(ask(service.port(), "PUT", "/new", "2") == "200 OK");
    CHECK(content(dir / "log").find("imported 2 keys") != std::string::npos);
  }
  CHECK(content(dir / "pid").empty());
  Service again(dir);
  REQUIRE(again.started().status == 0);
  CHECK(ask(again.port(), "GET", "/listkeys") == R"(200 ["color","new"])");
  CHECK(content(dir / "old.db") == before);
}

TEST_CASE("classic: the log is opened again on SIGHUP, so that it can be rotated") {
  const ScratchDir dir;
  const Service service(dir);
  REQUIRE(service.started().status == 0);
  REQUIRE(::rename((dir / "log").c_str(), (dir / "log.1").c_str()) == 0);
  ::kill(service.pid(), SIGHUP);
  CHECK(eventually([&] { return !content(dir / "log").empty(); }, kPatience));
}

TEST_CASE("classic: who starts it in the background learns why it did not start") {
  const ScratchDir dir;
  dir.file("old.db", "no database at all, and longer than nothing");
  const Service service(dir);
  CHECK(service.started().status == 2);
  CHECK(service.started().output.find("old.db is no SQLite database") != std::string::npos);
  CHECK(content(dir / "pid").empty());
  CHECK(run_navistore({"classic", "-b", "-P", "70000"}).status == 2);
  CHECK(run_navistore({"classic", "-b", "-P", "0", "-l", dir / "no/such/log"}).status == 2);
}

TEST_CASE("classic: who starts it learns of an end before it serves, by a signal or an order") {
  for (const std::string signal : {"KILL", "TERM"}) {
    CAPTURE(signal);
    const ScratchDir dir;
    // It waits for a reader of its log, which comes once the signal was sent.
    const std::string log = dir / "log";
    const std::string script =
        "mkfifo " + log + "; " + navistore::test::navistore_executable() +
        " classic -b -P 0 --conformance skip -s " + (dir / "old.db") + " -l " + log +
        " & starter=$!; until child=$(echo $(cat /proc/$starter/task/$starter/children)) && " +
        "[ -n \"$child\" ] && grep -q '^SigBlk:.*4003$' /proc/$child/status; do :; done; " +
        "kill -" + signal + " $child; [ " + signal + " = KILL ] || exec 9<>" + log +
        "; wait $starter";
    const Ended started = run_shell(script);
    CHECK(started.status == (signal == "KILL" ? 128 + SIGKILL : 1));
    const bool said = started.output.find("stopped before it served") != std::string::npos;
    CHECK(said == (signal == "TERM"));
  }
}

TEST_CASE("classic: a wrong row keeps the server from starting, and is named") {
  const ScratchDir dir;
  make_old(dir, "('color','red'),('','no key')");
  const Service service(dir);
  CHECK(service.started().status == 2);
  CHECK(service.started().output.find("row 2 has an empty key") != std::string::npos);
}

TEST_CASE("import-classic: copies an old file into a store that is then served") {
  const ScratchDir dir;
  make_old(dir, "('color','red'),('color','x'),('size','1')");
  const Ended done = run_navistore(
      {"import-classic", dir / "old.db", "--data-dir", dir / "data", "--conformance", "skip"});
  CHECK(done.status == 0);
  CHECK(done.output.find("imported 2 keys; 1 further rows") != std::string::npos);
  const Ended missing =
      run_navistore({"import-classic", dir / "none.db", "--data-dir", dir / "unmade"});
  CHECK(missing.status == 2);
  CHECK(run_shell("test -e " + (dir / "unmade")).status == 1);
  CHECK(done.output.find("was NOT tested (--conformance skip)") != std::string::npos);
  ServerProcess server({"--data-dir", dir / "data", "--classic-listen", "127.0.0.1:0",
                        "--conformance", "skip", "--log-level", "error"});
  CHECK(ask(server.port(0), "GET", "/v1/kv/color") == "200 red");
  CHECK(ask(server.port(1), "GET", "/color") == "200 red");
  CHECK(ask(server.port(1), "GET", "/v1") == "404");
}

TEST_CASE("import-classic: what cannot be imported is told by the exit status") {
  const ScratchDir dir;
  make_old(dir, "('color','red'),('','no key')");
  const auto import = [&] {
    return run_navistore(
        {"import-classic", dir / "old.db", "--data-dir", dir / "data", "--conformance", "skip"});
  };
  const Ended wrong_row = import();
  CHECK(wrong_row.status == 2);
  CHECK(wrong_row.output.find("row 2 has an empty key") != std::string::npos);
  const ServerProcess owner({"--data-dir", dir / "data", "--conformance", "skip"});
  CHECK(ask(owner.port(), "GET", "/v1/kv/color") == "404");
  CHECK(import().status == 5);
}

TEST_CASE("classic: two peers have each put and delete when it is answered") {
  const ScratchDir dir;
  const auto serve = [&](const std::string &name) {
    return std::make_unique<ServerProcess>(
        std::vector<std::string>{"--data-dir", dir / name, "--classic-listen", "127.0.0.1:0",
                                 "--conformance", "skip", "--log-level", "error"});
  };
  const auto local = serve("local");
  const auto first = serve("first");
  const auto second = serve("second");
  const auto url = [](const ServerProcess &server) {
    return "http://127.0.0.1:" + std::to_string(server.port(1));
  };
  REQUIRE(ask(local->port(1), "PUT", "/_replication_slaves", url(*first) + "," + url(*second)) ==
          "200 OK");
  REQUIRE(ask(local->port(1), "PUT", "/name", "value") == "200 OK");
  CHECK(ask(first->port(1), "GET", "/name") == "200 value");
  CHECK(ask(second->port(1), "GET", "/name") == "200 value");
  REQUIRE(ask(local->port(1), "DELETE", "/name") == "200 OK");
  CHECK(ask(first->port(1), "GET", "/name") == "404");
  CHECK(ask(second->port(1), "GET", "/name") == "404");
}

TEST_SUITE_END();
