// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>

#include "faults.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr uid_t kNobody = 65534;

bool starts_with(const std::string &text, const std::string &start) {
  return text.compare(0, start.size(), start) == 0;
}

void run_sql(const std::string &file, const std::string &sql) {
  sqlite3 *db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("open: an unknown, wrong or impossible setting is refused by its name") {
  const TempDir dir;
  const struct {
    const char *config, *key;
  } kCases[] = {
      {R"({"cache":1})", "'cache'"},
      {R"({"synchronous":"off"})", "'synchronous'"},
      {R"({"log_bytes":"big"})", "'log_bytes'"},
      {R"({"page_bytes":5000})", "'page_bytes'"},
      {R"({"readers":0})", "'readers'"},
  };
  for (const auto &[config, key] : kCases) {
    const std::string answer = try_open(dir.path(), {config});
    CHECK_MESSAGE(starts_with(answer, "INVALID: "), answer);
    CHECK_MESSAGE(answer.find(key) != std::string::npos, answer);
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("open: a store belongs to one opener, in this process and in others") {
  const TempDir dir;
  auto store = open_store(dir.path());
  const std::string busy = "BUSY: " + dir.path() + "/test.lock: the store is open elsewhere";
  CHECK(try_open(dir.path()) == busy);
  CHECK(in_child([&] { return try_open(dir.path()); }) == busy);
  store.reset();
  CHECK(in_child([&] { return try_open(dir.path()); }) == "OK");
}

TEST_CASE("open: a database of a newer format is incompatible and stays as it is") {
  const TempDir dir;
  run(*open_store(dir.path()), Txn().put("a", "1"));
  run_sql(dir.path() + "/test.db", "PRAGMA user_version = 2");
  CHECK(try_open(dir.path()) == "INCOMPATIBLE: " + dir.path() +
                                    "/test.db: written in format 2, this version knows up to 1");
  run_sql(dir.path() + "/test.db", "PRAGMA user_version = 1");
  CHECK(dump(*open_store(dir.path())) == "a=1@1 rev=1");
}

TEST_CASE("open: another application's database is incompatible and stays as it is") {
  const TempDir dir;
  run_sql(dir.path() + "/test.db", "CREATE TABLE mine(x)");
  const auto size = std::filesystem::file_size(dir.path() + "/test.db");
  CHECK(try_open(dir.path()) ==
        "INCOMPATIBLE: " + dir.path() + "/test.db: an SQLite database of another application");
  CHECK(std::filesystem::file_size(dir.path() + "/test.db") == size);
}

TEST_CASE("open: a file that is no database is corrupt and stays as it is") {
  const TempDir dir;
  const std::string text(8192, 'x');
  std::ofstream(dir.path() + "/test.db") << text;
  const std::string corrupt = "CORRUPT: " + dir.path() + "/test.db: file is not a database";
  CHECK(try_open(dir.path()) == corrupt);
  CHECK(try_open(dir.path(), {"{}", NAVI_OPEN_READ_ONLY}) == corrupt);
  std::ifstream file(dir.path() + "/test.db");
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == text);
}

TEST_CASE("open: a file of zero bytes, as a cut-off creation leaves it, is a new store") {
  const TempDir dir;
  std::ofstream(dir.path() + "/test.db").flush();
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1")) == "OK 1 found=0");
}

TEST_CASE("open: a store that must exist is not made") {
  const TempDir dir;
  const std::string missing = "INVALID: " + dir.path() + "/test.db: there is no such store";
  CHECK(try_open(dir.path(), {"{}", NAVI_OPEN_MUST_EXIST}) == missing);
  CHECK(try_open(dir.path(), {"{}", NAVI_OPEN_READ_ONLY}) == missing);
  CHECK(std::filesystem::is_empty(dir.path()));
  open_store(dir.path());
  CHECK(try_open(dir.path(), {"{}", NAVI_OPEN_MUST_EXIST}) == "OK");
}

TEST_CASE("open: a directory that is not there is invalid") {
  const TempDir dir;
  CHECK(try_open(dir.path() + "/missing") ==
        "INVALID: " + dir.path() + "/missing/test.lock: cannot open: No such file or directory");
}

TEST_CASE("open: read-only reads and refuses to write") {
  const TempDir dir;
  run(*open_store(dir.path()), Txn().put("a", "1"));
  auto store = open_store(dir.path(), {"{}", NAVI_OPEN_READ_ONLY});
  CHECK(dump(*store) == "a=1@1 rev=1");
  CHECK(run(*store, Txn().put("a", "2")) == "READ_ONLY!");
  CHECK(changes(*store, 0) == "put a=1@1 | rev=1");
  auto second = open_store(dir.path(), {"{}", NAVI_OPEN_READ_ONLY});
  CHECK(get(*second, "a") == "a=1@1 rev=1");
  CHECK(starts_with(try_open(dir.path()), "BUSY: "));
}

TEST_CASE("open: a directory without rights is denied" * doctest::skip(::geteuid() != 0)) {
  const TempDir dir;
  const auto as_nobody = [&] { return in_child([&] { return try_open(dir.path()); }, kNobody); };
  const std::string denied = "DENIED: " + dir.path();
  CHECK(as_nobody() == denied + "/test.lock: cannot open: Permission denied");
  // Readable for all, writable for root.
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  CHECK(as_nobody() == denied + "/test.lock: cannot open: Permission denied");
  open_store(dir.path());
  std::filesystem::permissions(dir.path() + "/test.lock", std::filesystem::perms(0666));
  CHECK(as_nobody() == denied + "/test.db: no rights to write");
}

TEST_CASE("open: read-only needs no rights to write, and leaves nothing behind" *
          doctest::skip(::geteuid() != 0)) {
  const TempDir dir;
  run(*open_store(dir.path()), Txn().put("a", "1"));
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  std::filesystem::permissions(dir.path() + "/test.lock", std::filesystem::perms(0444));
  std::filesystem::permissions(dir.path() + "/test.db", std::filesystem::perms(0444));
  const auto look = [&] {
    auto store = open_store(dir.path(), {"{}", NAVI_OPEN_READ_ONLY});
    store->verify(0);
    const bool alone = !std::filesystem::exists(dir.path() + "/test.db-shm");
    return dump(*store) + (alone ? ", alone; " : ", not alone; ") + try_open(dir.path());
  };
  CHECK(in_child(look, kNobody) ==
        "a=1@1 rev=1, alone; DENIED: " + dir.path() + "/test.lock: cannot open: Permission denied");
}

TEST_CASE("open: names and directories with characters of a URI are taken as they are") {
  const TempDir dir;
  const std::string odd = dir.path() + "/a%20b?mode=memory#c";
  std::filesystem::create_directory(odd);
  run(*open_store(odd), Txn().put("a", "1"));
  CHECK(std::filesystem::exists(odd + "/test.db"));
  CHECK(dump(*open_store(odd)) == "a=1@1 rev=1");
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
