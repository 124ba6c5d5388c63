// SPDX-License-Identifier: Apache-2.0
// How a server starts, survives and stops.
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::Ended;
using navistore::test::eventually;
using navistore::test::HttpClient;
using navistore::test::navistore_executable;
using navistore::test::run_navistore;
using navistore::test::run_shell;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace fs = std::filesystem;

namespace {

std::string get(uint16_t port, const std::string &target) {
  HttpClient client(port);
  auto answer = client.request("GET", target);
  return answer ? std::to_string(answer->status) + " " + answer->body : "no answer";
}

// What is shown here does not depend on a proof, which costs seconds of both cores.
std::vector<std::string> unproven(const std::string &data_dir) {
  return {"--conformance", "skip", "--data-dir", data_dir};
}

Ended serve(const std::string &data_dir, const std::string &address = "127.0.0.1:0") {
  std::vector<std::string> arguments{"serve", "--listen", address};
  for (std::string &argument : unproven(data_dir)) arguments.push_back(std::move(argument));
  return run_navistore(arguments);
}

void make_database(const std::string &data_dir) {
  ServerProcess server(unproven(data_dir));
  HttpClient client(server.port());
  REQUIRE(client.request("PUT", "/v1/kv/kept", "red"));
  server.signal(SIGTERM);
  REQUIRE(server.wait() == 0);
}

// The number of the format that SQLite's file says it is in.
void set_format(const std::string &path, int format) {
  sqlite3 *database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const std::string statement = "PRAGMA user_version = " + std::to_string(format);
  CHECK(sqlite3_exec(database, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

// Whoever owns a file only by its mode: root, whom no mode keeps out, as somebody else, with a
// server where that one may start it.
class Unprivileged {
 public:
  explicit Unprivileged(const ScratchDir &dir) : dir_(dir) {
    const fs::path built = fs::path(navistore_executable()).parent_path().parent_path();
    for (const char *file : {"bin/navistore", "backends/libnavistore_sqlite.so"}) {
      fs::create_directories(fs::path(dir / file).parent_path());
      fs::copy_file(built / file, dir / file);
    }
    fs::create_directories(dir / "state");
    for (const std::string &path : {dir.path(), dir / "data", dir / "state"}) {
      REQUIRE(::chmod(path.c_str(), 0777) == 0);
    }
  }
  Ended serve(const std::string &data_dir) const {
    const std::string nobody =
        ::geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : "";
    return run_shell(nobody + (dir_ / "bin/navistore") +
                     " serve --listen 127.0.0.1:0 --conformance skip --data-dir " + data_dir +
                     " --state-dir " + (dir_ / "state"));
  }

 private:
  const ScratchDir &dir_;
};

}  // namespace

TEST_SUITE("integration/lifecycle") {
  TEST_CASE("put, list, kill -9, start again: the data is there, delete, and it is gone") {
    const ScratchDir dir;
    {
      ServerProcess server(unproven(dir / "data"));
      HttpClient client(server.port());
      auto put = client.request("PUT", "/v1/kv/app/color", "red", {"Content-Type: text/plain"});
      REQUIRE(put);
      CHECK(put->status == 201);
      CHECK(server.kill_hard() == -SIGKILL);
    }
    ServerProcess server(unproven(dir / "data"));
    CHECK(get(server.port(), "/v1/kv/app/color") == "200 red");
    CHECK(get(server.port(), "/v1/kv?prefix=app/").find(R"("key":"app/color")") !=
          std::string::npos);
    HttpClient client(server.port());
    auto gone = client.request("DELETE", "/v1/kv/app/color");
    REQUIRE(gone);
    CHECK(gone->status == 200);
    CHECK(get(server.port(), "/v1/kv/app/color").compare(0, 3, "404") == 0);
  }

  TEST_CASE("/metrics counts requests, commits and connections") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir / "data"));
    HttpClient client(server.port());
    REQUIRE(client.request("PUT", "/v1/kv/a", "1"));
    REQUIRE(client.request("PUT", "/v1/kv/a", "2"));
    auto answer = client.request("GET", "/metrics");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    for (const char *line :
         {"\nnavistore_http_requests_total{route=\"item\",code=\"201\"} 1\n",
          "\nnavistore_http_requests_total{route=\"item\",code=\"200\"} 1\n",
          "\nnavistore_commit_batch_transactions_count 2\n",
          "\nnavistore_commit_batch_transactions_bucket{le=\"1\"} 2\n",
          "\nnavistore_http_connections 1\n", "\nnavistore_commit_queued_bytes "}) {
      CHECK_MESSAGE(answer->body.find(line) != std::string::npos, std::string(line));
    }
  }

  TEST_CASE("--max-gathered bounds the bodies that are coming, and /metrics shows them") {
    const ScratchDir dir;
    std::vector<std::string> arguments = unproven(dir / "data");
    arguments.insert(arguments.end(), {"--max-gathered", "1K"});
    ServerProcess server(arguments);
    const auto shows = [&](const std::string &line) {
      return eventually(
          [&] { return get(server.port(), "/metrics").find(line) != std::string::npos; },
          std::chrono::seconds(60));
    };
    const std::string put = "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: ";
    HttpClient slow(server.port());
    slow.send(put + "1000\r\n\r\nred");
    CHECK(shows("\nnavistore_http_gathered_bytes 3\n"));
    HttpClient refused(server.port());
    refused.send(put + "1022\r\n\r\n");
    const auto answer = refused.receive();
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK(shows("\nnavistore_http_bodies_refused_total 1\n"));
    slow.shut_down();
    CHECK(shows("\nnavistore_http_gathered_bytes 0\n"));
  }

  TEST_CASE("SIGTERM ends an idle server with status 0 and frees its store and port") {
    const ScratchDir dir;
    for (int round = 0; round < 2; ++round) {
      ServerProcess server(unproven(dir / "data"));
      CHECK(get(server.port(), "/readyz").compare(0, 3, "200") == 0);
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
    }
  }

  TEST_CASE("a write that runs at SIGTERM is answered and kept") {
    const ScratchDir dir;
    ServerProcess server(unproven(dir / "data"));
    HttpClient client(server.port());
    REQUIRE(
        client.send("PUT /v1/kv/late HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                    "Expect: 100-continue\r\n\r\n"));
    auto interim = client.receive();
    REQUIRE(interim);
    CHECK(interim->status == 100);
    server.signal(SIGTERM);
    REQUIRE(client.send("data"));
    auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->status == 201);
    CHECK(server.wait() == 0);
    ServerProcess again(unproven(dir / "data"));
    CHECK(get(again.port(), "/v1/kv/late") == "200 data");
  }

  TEST_CASE("a store that cannot be opened is status 5 and says why") {
    const ScratchDir dir;
    {
      ServerProcess owner(unproven(dir / "data"));
      CHECK(serve(dir / "data").status == 5);
    }
    std::filesystem::create_directories(dir / "bad");
    std::ofstream(dir / "bad/default.db") << std::string(8192, 'x');
    const Ended corrupt = serve(dir / "bad");
    CHECK(corrupt.status == 5);
    CHECK_MESSAGE(corrupt.output.find("not a database") != std::string::npos, corrupt.output);
    CHECK(serve("/proc/no-such-dir").status == 5);
  }

  TEST_CASE("a database of a newer format is status 5, says so, and stays as it is") {
    const ScratchDir dir;
    make_database(dir / "data");
    set_format(dir / "data/default.db", 2);
    const Ended newer = serve(dir / "data");
    CHECK(newer.status == 5);
    CHECK_MESSAGE(newer.output.find("written in format 2") != std::string::npos, newer.output);
    set_format(dir / "data/default.db", 1);
    ServerProcess again(unproven(dir / "data"));
    CHECK(get(again.port(), "/v1/kv/kept") == "200 red");
  }

  TEST_CASE("a database without rights is status 5, says so, and stays as it is") {
    const ScratchDir dir;
    make_database(dir / "data");
    const Unprivileged user(dir);
    for (const fs::directory_entry &file : fs::directory_iterator(dir / "data")) {
      if (file.is_regular_file()) REQUIRE(::chmod(file.path().c_str(), 0666) == 0);
    }
    const std::string database = dir / "data/default.db";
    for (const mode_t mode : {mode_t{0}, mode_t{S_IRUSR | S_IRGRP | S_IROTH}}) {
      REQUIRE(::chmod(database.c_str(), mode) == 0);
      const Ended denied = user.serve(dir / "data");
      CHECK_MESSAGE(denied.status == 5, denied.output);
      CHECK_MESSAGE(denied.output.find("default.db") != std::string::npos, denied.output);
    }
    REQUIRE(::chmod(database.c_str(), S_IRUSR | S_IWUSR) == 0);
    ServerProcess again(unproven(dir / "data"));
    CHECK(get(again.port(), "/v1/kv/kept") == "200 red");
  }

  TEST_CASE("a port that is taken is status 6 and is named") {
    const ScratchDir dir;
    ServerProcess first(unproven(dir / "one"));
    const std::string address = "127.0.0.1:" + std::to_string(first.port());
    const Ended second = serve(dir / "two", address);
    CHECK(second.status == 6);
    CHECK_MESSAGE(second.output.find(address) != std::string::npos, second.output);
  }

  TEST_CASE("wrong flags and values are status 2 and named") {
    CHECK(run_navistore({"serve", "--no-such-flag"}).status == 2);
    CHECK(run_navistore({"serve", "--threads", "none"}).status == 2);
    CHECK(run_navistore({}).status == 2);
    const ScratchDir dir;
    const Ended config = run_navistore({"serve", "--data-dir", dir / "data", "--listen",
                                        "127.0.0.1:0", "--backend-config", R"({"sync":1})"});
    CHECK(config.status == 2);
    CHECK_MESSAGE(config.output.find("sync") != std::string::npos, config.output);
    const Ended version = run_navistore({"--version"});
    CHECK(version.status == 0);
    CHECK(version.output == "navistore 1.0.0\n");
  }
}
