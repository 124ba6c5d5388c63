// SPDX-License-Identifier: Apache-2.0
#include "data_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "faults.hpp"
#include "schema.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr unsigned kRows = 2000;

// A file of some 500 pages, all of them in the file itself and none in the log.
class FilledFile {
 public:
  FilledFile() : writer_(open_for_writing(path(), Config())) {
    writer_.run(
        "CREATE TABLE pages(id INTEGER PRIMARY KEY, page BLOB);"
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(kRows) + ") INSERT INTO pages SELECT i, randomblob(900) FROM n");
    checkpoint();
  }
  std::string path() const { return dir_.path() + "/test.db"; }
  Database &writer() { return writer_; }
  void checkpoint() { writer_.checkpoint(Checkpoint::kRestart); }
  Database open_reader(uint64_t map_bytes) const {
    Config config;
    config.map_bytes = map_bytes;
    config.reader_cache_bytes = 1U << 20;
    return open_for_reading(path(), config, Access::kReadOnly);
  }

 private:
  const TempDir dir_;
  Database writer_;
};

constexpr char kSum[] = "SELECT sum(length(page)) FROM pages";

size_t descriptors_of(const std::string &path) {
  size_t found = 0;
  std::error_code gone;  // the one that this iteration uses
  for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd"))
    found += std::filesystem::read_symlink(entry.path(), gone) == path ? 1 : 0;
  return found;
}

unsigned reads_of(Database &reader) {
  const unsigned before = reads();
  CHECK(reader.number(kSum) == 900 * kRows);
  return reads() - before;
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("data file: what a checkpoint copies is brought to the disk while it copies") {
  const unsigned before = write_backs();
  const FilledFile file;
  const auto pieces = std::filesystem::file_size(file.path()) / (128U << 10);
  REQUIRE(pieces > 10);
  CHECK(write_backs() - before >= pieces);
}

TEST_CASE("data file: its pages are read without a call of the system, also after a commit") {
  FilledFile file;
  Database mapped = file.open_reader(1U << 30);
  Database unmapped = file.open_reader(0);
  for (unsigned round = 0; round < 3; ++round) {
    CHECK(reads_of(mapped) <= 4);  // the first page, the last one, and what is in the log
    CHECK(reads_of(unmapped) > 400);
    file.writer().run("UPDATE pages SET page = randomblob(900) WHERE id = 1000");
  }
  CHECK(mapped.number("PRAGMA mmap_size") == (1U << 30));
}

TEST_CASE("data file: behind the limit it is read as without a map") {
  FilledFile file;
  Database reader = file.open_reader(1U << 20);  // of some 2 MiB
  const unsigned calls = reads_of(reader);
  CHECK(calls > 100);
  CHECK(calls < 400);
}

TEST_CASE("data file: what cannot be brought into memory is read") {
  FilledFile file;
  Database reader = file.open_reader(1U << 30);
  const UnreadablePages all(0);
  CHECK(reads_of(reader) > 400);
}

TEST_CASE("data file: a connection that is closed leaves the locks of the others") {
  FilledFile file;
  { const Database reader = file.open_reader(1U << 30); }
  const std::string path = file.path();
  const std::string got = in_child([&] {
    const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_start = 0x40000002;  // https://www.sqlite.org/fileformat2.html: the shared lock's bytes
    lock.l_len = 510;
    return std::string(::fcntl(other, F_SETLK, &lock) == 0 ? "the lock" : std::strerror(errno));
  });
  CHECK(got == std::strerror(EAGAIN));
}

TEST_CASE("data file: the last connection leaves no descriptor of the file") {
  const TempDir dir;
  const std::string path = dir.path() + "/test.db";
  {
    const Database writer = open_for_writing(path, Config());
    const Database reader = open_for_reading(path, Config(), Access::kReadOnly);
    CHECK(descriptors_of(path) == 3);  // and one for the map of both
  }
  CHECK(descriptors_of(path) == 0);
}

// Checkpoints write into pages that are mapped: none that a snapshot reads.
TEST_CASE("data file: a snapshot stays as it is while the file is written, grows and shrinks") {
  static constexpr char kState[] =
      "SELECT count(*) || ' ' || sum(id) || ' ' || group_concat(DISTINCT substr(page, 1, 1)) ||"
      " ' ' || sum(length(page)) FROM pages";
  static constexpr char kGrow[] =
      "INSERT INTO pages SELECT 1000 + 50 * a.id + b.id, 'B' || zeroblob(800)"
      " FROM pages a, pages b";
  const char *const changes[] = {"UPDATE pages SET page = 'A' || zeroblob(1200)",
                                 "DELETE FROM pages WHERE id > 50",
                                 "UPDATE pages SET page = 'B' || zeroblob(100 + id)", kGrow};
  FilledFile file;
  file.writer().run("UPDATE pages SET page = '0' || zeroblob(1000)");
  Database reader = file.open_reader(1U << 30);
  TransactionControl control(reader);
  for (unsigned round = 0; round < 3; ++round) {
    for (const char *change : changes) {
      CAPTURE(change);
      const Transaction snapshot(control, Intent::kRead);
      const std::string before = reader.text(kState);
      file.writer().run(std::string(change) + "; PRAGMA incremental_vacuum");
      file.writer().checkpoint(Checkpoint::kPassive);
      CHECK(reader.text(kState) == before);
      CHECK(file.writer().text(kState) != before);
    }
    file.writer().run("DELETE FROM pages WHERE id > 2000; PRAGMA incremental_vacuum");
    file.checkpoint();
    CHECK(reader.text(kState) == file.writer().text(kState));
    CHECK(reader.text("PRAGMA integrity_check") == "ok");
  }
}

TEST_SUITE_END();

}  // namespace navistore::sqlite::test
