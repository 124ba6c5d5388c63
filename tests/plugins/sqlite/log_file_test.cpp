// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "faults.hpp"
#include "schema.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr unsigned kRows = 100;  // of a page each

Database open_table(const std::string &dir) {
  Config config;
  config.synchronous = Synchronous::kNormal;
  Database db = open_for_writing(dir + "/test.db", config);
  db.run("CREATE TABLE IF NOT EXISTS pages(id INTEGER PRIMARY KEY, page BLOB)");
  return db;
}

void put_rows(Database &db, unsigned rows) {
  db.run("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
         std::to_string(rows) + ") REPLACE INTO pages SELECT i, randomblob(3000) FROM n");
}

// What a process that is opened on what another one left when it was killed finds.
std::string after_kill(const std::string &dir) {
  const TempDir copy;
  for (const char *name : {"/test.db", "/test.db-wal"}) {
    std::filesystem::copy_file(dir + name, copy.path() + name);
  }
  Database db = open_table(copy.path());
  return std::to_string(db.number("SELECT count(*) FROM pages")) + " " +
         db.text("PRAGMA integrity_check");
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("log: a commit of many pages takes few writes, and one of a few pages takes one") {
  const TempDir dir;
  Database db = open_table(dir.path());
  put_rows(db, kRows);
  put_rows(db, kRows);
  db.run("PRAGMA wal_checkpoint");  // the next commits overwrite the log
  unsigned before = writes();
  put_rows(db, kRows);
  CHECK(writes() - before <= 5);  // of 31 pages of 4 KiB each
  before = writes();
  put_rows(db, 1);
  CHECK(writes() - before == 1);
  CHECK(after_kill(dir.path()) == "100 ok");
}

TEST_CASE("log: a commit without a sync is in the file when it is over, however large it was") {
  const TempDir dir;
  Database db = open_table(dir.path());
  // Pages go to the log early, so that the frames of the commit are written again.
  db.run("PRAGMA cache_spill = 5; PRAGMA cache_size = 5");
  unsigned most = 0;
  for (const unsigned rows : {kRows, 2 * kRows, 1U}) {
    most = std::max(most, rows);
    db.run("BEGIN");
    put_rows(db, rows);
    put_rows(db, rows);
    db.run("COMMIT");
    CHECK(after_kill(dir.path()) == std::to_string(most) + " ok");
  }
}

TEST_CASE("log: what was rolled back is not in the way of the next commit") {
  const TempDir dir;
  Database db = open_table(dir.path());
  db.run("PRAGMA cache_spill = 5; PRAGMA cache_size = 5; BEGIN");
  put_rows(db, kRows);
  db.run("ROLLBACK");
  put_rows(db, 3);
  CHECK(after_kill(dir.path()) == "3 ok");
  put_rows(db, kRows);
  CHECK(after_kill(dir.path()) == "100 ok");
}

TEST_CASE("log: it grows in steps, and what lies behind its end is nothing to whoever reads it") {
  constexpr uintmax_t kStep = 2 << 20;
  const TempDir dir;
  const std::string log = dir.path() + "/test.db-wal";
  Database db = open_table(dir.path());
  for (unsigned i = 1; i <= 8; ++i) {
    put_rows(db, i);
    CHECK(std::filesystem::file_size(log) == kStep);
    CHECK(after_kill(dir.path()) == std::to_string(i) + " ok");
  }
  put_rows(db, 600);
  CHECK(std::filesystem::file_size(log) == 2 * kStep);  // 45 frames were there, 600 come
  CHECK(after_kill(dir.path()) == "600 ok");
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(std::filesystem::file_size(log) == 0);
  put_rows(db, 1);
  CHECK(std::filesystem::file_size(log) == kStep);
  CHECK(after_kill(dir.path()) == "600 ok");
}

TEST_CASE("log: where there is space for commits, but not for a step, they commit") {
  const TempDir dir;
  const SmallDisk disk(dir.path(), 128U << 10);
  if (!disk.ok()) {
    MESSAGE("not allowed to mount a tmpfs: not checked");
    return;
  }
  Database db = open_table(dir.path());
  put_rows(db, 3);
  put_rows(db, 1);
  CHECK(std::filesystem::file_size(dir.path() + "/test.db-wal") < (128U << 10));
  CHECK(after_kill(dir.path()) == "3 ok");
}

TEST_CASE("log: a write that fails fails its commit, and nothing of it is left") {
  const TempDir dir;
  Database db = open_table(dir.path());
  put_rows(db, 1);
  {
    const FailingWrite failing;
    CHECK_THROWS_AS(put_rows(db, 2), backend::Failure);
    CHECK_THROWS_AS(put_rows(db, kRows), backend::Failure);
  }
  CHECK(db.number("SELECT count(*) FROM pages") == 1);
  CHECK(after_kill(dir.path()) == "1 ok");
  put_rows(db, 3);
  CHECK(after_kill(dir.path()) == "3 ok");
}

TEST_SUITE_END();

}  // namespace navistore::sqlite::test
