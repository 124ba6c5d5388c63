// SPDX-License-Identifier: Apache-2.0
// Files as the original left them.
#include "core/classic/import.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <string>
#include <vector>

#include "core/classic/old_database.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::Code;
using navistore::classic::describe;
using navistore::classic::import_old;
using navistore::classic::import_old_once;
using navistore::test::ScratchDir;
namespace testing = navistore::store::testing;

namespace {

const std::string kTable = "create table navistore(key text, value text);";

// Runs SQL on a file and keeps it open.
class OldFile {
 public:
  OldFile(const std::string &path, const std::string &sql) : path_(path) {
    REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
    run(sql);
  }
  ~OldFile() { sqlite3_close(db_); }
  OldFile(const OldFile &) = delete;
  OldFile &operator=(const OldFile &) = delete;

  void run(const std::string &sql) {
    REQUIRE(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  const std::string &path() const { return path_; }

 private:
  const std::string path_;
  sqlite3 *db_ = nullptr;
};

std::string row(const std::string &key, const std::string &value) {
  return "insert into navistore values('" + key + "','" + value + "');";
}

std::string imported(navistore::store::Store &store, const std::string &path) {
  const auto result = import_old(store, path);
  return result ? describe(result.value()) : result.error().message;
}

bool says(const std::string &message, const std::vector<std::string> &parts) {
  for (const std::string &part : parts) {
    if (message.find(part) == std::string::npos) return false;
  }
  return true;
}

}  // namespace

TEST_SUITE_BEGIN("core/classic");

TEST_CASE("import: of several rows of a key the first counts, as the original read them") {
  const ScratchDir dir;
  const OldFile old(dir / "old.db", kTable + row("a", "1") + row("b", "2") + row("a", "x") +
                                        row("c", "") + row("b", "y") + row("a", "z") +
                                        "update navistore set value='3' where key='a';" +
                                        "insert into navistore values('n', 7);");
  auto store = testing::open_store(testing::memory_backend());
  CHECK(imported(*store, old.path()) ==
        "imported 4 keys; 3 further rows of the same keys, which the original never showed, are "
        "left out");
  CHECK(testing::dump(*store) == "a=3 b=2 c= n=7");
}

TEST_CASE("import: what the store has stays, and the same can be done again") {
  const ScratchDir dir;
  const OldFile old(dir / "old.db", kTable + row("a", "1") + row("b", "2"));
  auto store = testing::open_store(testing::sqlite_backend(), [&] {
    navistore::store::StoreOptions options;
    options.data_dir = dir.path();
    return options;
  }());
  testing::run(*store, testing::put("a", "newer"));
  CHECK(imported(*store, old.path()) ==
        "imported 1 keys; 1 were there already and stay as they are");
  CHECK(imported(*store, old.path()) ==
        "imported 0 keys; 2 were there already and stay as they are");
  CHECK(testing::dump(*store) == "a=newer b=2");
}

TEST_CASE("import: rows that cannot be put are named, and nothing is put") {
  const ScratchDir dir;
  const std::string long_key(1'025, 'k');
  const OldFile old(dir / "old.db", kTable + row("good", "1") + row("", "2") + row(long_key, "3") +
                                        "insert into navistore values('big', zeroblob(1048577));" +
                                        "insert into navistore values(null, '4');" +
                                        "insert into navistore values('none', null);");
  auto store = testing::open_store(testing::memory_backend());
  CHECK(says(imported(*store, old.path()),
             {"nothing was imported", "row 2 has an empty key", "row 3 has a key of 1025 bytes",
              "row 4 has a value of 1048577 bytes, more than 1048576 (--max-value)",
              "row 5 has no key", "row 6 has no value"}));
  CHECK(testing::dump(*store).empty());
}

TEST_CASE("import: of many rows that cannot be put ten are named and the others counted") {
  const ScratchDir dir;
  OldFile many(dir / "many.db", kTable);
  for (int i = 0; i < 12; ++i) many.run(row(std::string(1'025, static_cast<char>('a' + i)), "x"));
  auto store = testing::open_store(testing::memory_backend());
  const std::string message = imported(*store, many.path());
  CHECK(says(message, {"row 1 has", "row 10 has", "and 2 more"}));
  CHECK(message.find("row 11") == std::string::npos);
}

TEST_CASE("import: limits are inclusive, bytes are kept, ten thousand rows are all there") {
  const ScratchDir dir;
  OldFile old(dir / "old.db", kTable + row(std::string(1'024, 'k'), "1") +
                                  "insert into navistore values(x'61ff00', x'00ff0d0a');" +
                                  "insert into navistore values('long', zeroblob(1048576));");
  std::string many = "begin;";
  for (int i = 0; i < 10'000; ++i) many += row("k" + std::to_string(i), std::to_string(i));
  old.run(many + "commit;");
  auto store = testing::open_store(testing::memory_backend());
  CHECK(imported(*store, old.path()) == "imported 10003 keys");
  CHECK(testing::get(*store, std::string("a\xff\0", 3)) == std::string("\0\xff\r\n", 4));
  CHECK(testing::get(*store, "k9999") == "9999");
  CHECK(testing::get(*store, "long") == std::string(1'048'576, '\0'));
}

TEST_CASE("import: a wrong file is told for what it is") {
  const ScratchDir dir;
  auto store = testing::open_store(testing::memory_backend());
  CHECK(says(imported(*store, dir / "missing.db"), {"missing.db is no file"}));
  CHECK(says(imported(*store, dir.path()), {"is no file"}));
  CHECK(says(imported(*store, dir.file("text", std::string(4'096, 'x'))),
             {"text is no SQLite database"}));
  const OldFile other(dir / "other.db", "create table other(a);");
  CHECK(says(imported(*store, other.path()), {"has no table navistore(key, value)"}));
  const OldFile columns(dir / "columns.db", "create table navistore(key text);");
  CHECK(says(imported(*store, columns.path()), {"has no table navistore(key, value)"}));
  CHECK(imported(*store, dir.file("empty", "")).find("has no table") != std::string::npos);
}

TEST_CASE("import: a damaged file is told for what it is, and nothing is put") {
  const ScratchDir dir;
  {
    OldFile old(dir / "old.db", kTable);
    std::string rows = "begin;";
    for (int i = 0; i < 2'000; ++i) rows += row("k" + std::to_string(i), std::string(100, 'v'));
    old.run(rows + "commit;");
  }
  std::fstream file(dir / "old.db");
  file.seekp(4'096 * 20);
  file << std::string(4'096 * 10, 'x');
  file.close();
  auto store = testing::open_store(testing::memory_backend());
  const auto result = import_old(*store, dir / "old.db");
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::kInvalid);
  CHECK(says(result.error().message, {"is damaged"}));
  CHECK(testing::dump(*store).empty());
}

TEST_CASE("import: a row that cannot be read is no end of the rows") {
  const ScratchDir dir;
  OldFile(dir / "old.db", kTable + row("a", "1") +
                              "insert into navistore values('b', zeroblob(100000));" +
                              row("c", "3"));
  std::fstream file(dir / "old.db");  // what follows the table's page is b's value
  file.seekp(4'096 * 3);
  file << std::string(4'096 * 10, '\xff');
  file.close();
  auto store = testing::open_store(testing::memory_backend());
  CHECK(says(imported(*store, dir / "old.db"), {"is damaged"}));
  CHECK(testing::dump(*store).empty());
}

TEST_CASE("import: one that fails is no import, and is made again") {
  const ScratchDir dir;
  const OldFile old(dir / "old.db", kTable + row("a", "1") + row("b", "2"));
  testing::Trial trial(NAVI_CAP_PERSISTENT);
  auto store = testing::open_store(testing::Trial::backend());
  {
    const navistore::Lock lock(trial.mutex);
    trial.next_status = NAVI_NO_SPACE;
  }
  const auto failed = import_old_once(*store, old.path());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::kNoSpace);
  const auto again = import_old_once(*store, old.path());
  REQUIRE(again);
  REQUIRE(again.value());
  CHECK(testing::dump(*store) == "a=1 b=2");
}

TEST_CASE("import: while the original runs with uncommitted writes, none is lost silently") {
  const ScratchDir dir;
  OldFile old(dir / "old.db", kTable + row("a", "1"));
  old.run("begin;" + row("b", "2"));
  auto store = testing::open_store(testing::memory_backend());
  CHECK(says(imported(*store, old.path()), {"is in use", "stop who uses it"}));
  CHECK(testing::dump(*store).empty());
  old.run("commit");
  CHECK(imported(*store, old.path()) == "imported 2 keys");
}

TEST_CASE("import: once means that what is deleted later does not come back") {
  const ScratchDir dir;
  const OldFile old(dir / "old.db", kTable + row("a", "1") + row("b", "2"));
  auto store = testing::open_store(testing::memory_backend());
  const auto first = import_old_once(*store, old.path());
  REQUIRE(first);
  REQUIRE(first.value());
  CHECK(first.value()->put == 2);
  testing::run(*store, testing::remove("a"));
  const auto second = import_old_once(*store, old.path());
  REQUIRE(second);
  CHECK_FALSE(second.value());
  CHECK(testing::dump(*store) == "b=2");
}

TEST_SUITE_END();
