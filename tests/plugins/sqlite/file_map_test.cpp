// SPDX-License-Identifier: Apache-2.0
#include "file_map.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "faults.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kSegment = 256U << 20;

// Each page holds its number, again and again.
class NumberedFile {
 public:
  explicit NumberedFile(const std::string &path, uint64_t pages = 0)
      : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    for (uint64_t page = 0; page < pages; ++page) write(page, page);
  }
  ~NumberedFile() { ::close(file_); }
  NumberedFile(const NumberedFile &) = delete;
  NumberedFile &operator=(const NumberedFile &) = delete;

  void write(uint64_t page, uint64_t number) const {
    const std::vector<uint64_t> words(kPage / sizeof number, number);
    REQUIRE(::pwrite(file_, words.data(), kPage, static_cast<off_t>(page * kPage)) ==
            static_cast<ssize_t>(kPage));
  }
  void cut(uint64_t pages) const {
    REQUIRE(::ftruncate(file_, static_cast<off_t>(pages * kPage)) == 0);
  }
  int descriptor() const { return file_; }
  const char *path() const { return path_.c_str(); }

 private:
  std::string path_;
  int file_;
};

// What a page holds; "none" where it is not found.
std::string at(FileMap &map, uint64_t page) {
  const void *found = map.find(page * kPage, kPage);
  if (found == nullptr) return "none";
  std::array<uint64_t, kPage / sizeof(uint64_t)> words{};
  std::memcpy(words.data(), found, kPage);
  return words.front() == words.back() ? std::to_string(words.front()) : "torn";
}

bool is_mapped(const std::string &path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(path) != std::string::npos) return true;
  }
  return false;
}

// What another process gets that locks the first byte for itself: "got it", or the error.
std::string lock_elsewhere(const std::string &path) {
  return in_child([&] {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_len = 1;
    return std::string(::fcntl(file, F_SETLK, &lock) == 0 ? "got it" : std::strerror(errno));
  });
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("map: finds what the file holds, what is written to it later, and what it grows by") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f", 100);
  const FileMap::User map = FileMap::open(file.path());
  REQUIRE(map != nullptr);
  for (const uint64_t page : {0U, 1U, 15U, 16U, 63U, 64U, 98U}) {
    CHECK(at(*map, page) == std::to_string(page));
  }
  file.write(16, 7);
  CHECK(at(*map, 16) == "7");
  CHECK(at(*map, 100) == "none");
  for (uint64_t page = 100; page < 140; ++page) file.write(page, page);
  CHECK(at(*map, 99) == "99");
  CHECK(at(*map, 138) == "138");
}

TEST_CASE("map: not the last bytes of the file, nor what is behind it") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f", 17);
  const FileMap::User map = FileMap::open(file.path());
  CHECK(at(*map, 15) == "15");
  CHECK(at(*map, 16) == "none");
  CHECK(at(*map, 17) == "none");
  CHECK(at(*map, 1U << 20) == "none");
  CHECK(map->find(16 * kPage - 512, 512) != nullptr);
  CHECK(map->find(16 * kPage, 512) == nullptr);
  CHECK(map->find(0, FileMap::kLargest) != nullptr);
  CHECK(map->find(0, 2 * FileMap::kLargest) == nullptr);
}

TEST_CASE("map: across the border of two segments, and to the end of what is mapped") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f");
  const uint64_t border = kSegment / kPage;
  const uint64_t last = FileMap::kMost / kPage - 1;
  for (const uint64_t page : {border - 1, border, last}) file.write(page, page);
  file.write(last + 2, 0);  // the file has holes, so it takes no space
  const FileMap::User map = FileMap::open(file.path());
  for (const uint64_t page : {border - 1, border, last}) {
    CHECK(at(*map, page) == std::to_string(page));
  }
  CHECK(at(*map, border + 1) == "0");
  CHECK(at(*map, last + 1) == "none");
}

TEST_CASE("map: what somebody cut off is not found when it is asked for first") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f", 100);
  const FileMap::User map = FileMap::open(file.path());
  CHECK(at(*map, 1) == "1");
  file.cut(40);
  CHECK(at(*map, 38) == "38");
  CHECK(at(*map, 39) == "none");
  CHECK(at(*map, 90) == "none");
}

TEST_CASE("map: what cannot be brought into memory is not found, and not in the way of others") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f", 100);
  const FileMap::User map = FileMap::open(file.path());
  {
    const UnreadablePages some(kPage);  // so that each page must come alone
    CHECK(at(*map, 3) == "3");
    const UnreadablePages all(0);
    CHECK(at(*map, 3) == "3");
    CHECK(at(*map, 4) == "none");
  }
  CHECK(at(*map, 4) == "4");
}

TEST_CASE("map: users of a file share one, which ends with the last of them") {
  const TempDir dir;
  const std::string path = dir.path() + "/f";
  const NumberedFile file(path, 100);
  FileMap::User one = FileMap::open(path.c_str());
  FileMap::User other = FileMap::open(path.c_str());
  CHECK(one.get() == other.get());
  CHECK(at(*one, 1) == "1");
  one.reset();
  CHECK(at(*other, 1) == "1");
  CHECK(is_mapped(path));
  other.reset();
  CHECK(!is_mapped(path));
}

TEST_CASE("map: another file of the same name is another one") {
  const TempDir dir;
  const std::string path = dir.path() + "/f";
  const NumberedFile file(path, 100);
  const FileMap::User map = FileMap::open(path.c_str());
  CHECK(at(*map, 5) == "5");
  std::filesystem::rename(path, path + ".old");
  const NumberedFile newer(path, 3);
  newer.write(1, 8);
  const FileMap::User second = FileMap::open(path.c_str());
  CHECK(at(*second, 1) == "8");
  CHECK(at(*map, 5) == "5");
  CHECK(FileMap::open((dir.path() + "/missing").c_str()) == nullptr);
  CHECK(errno == ENOENT);
}

TEST_CASE("map: a user that ends takes no lock from others") {
  const TempDir dir;
  const NumberedFile file(dir.path() + "/f", 100);
  FileMap::User one = FileMap::open(file.path());
  const FileMap::User other = FileMap::open(file.path());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_len = 1;
  REQUIRE(::fcntl(file.descriptor(), F_SETLK, &lock) == 0);
  CHECK(lock_elsewhere(file.path()) == std::strerror(EAGAIN));
  one.reset();
  CHECK(lock_elsewhere(file.path()) == std::strerror(EAGAIN));
}

TEST_SUITE_END();

}  // namespace navistore::sqlite::test
