// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugin_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch_dir.hpp"

using navistore::Code;
using navistore::host::copy_plugin;
using navistore::host::find_plugin;
using navistore::host::read_whole_file;
using navistore::host::sha256_of;
using navistore::host::write_whole_file;
using navistore::test::ScratchDir;

namespace {

std::string plugin_of(const ScratchDir &dir, const std::string &text, mode_t mode) {
  std::string path = dir.file("libnavistore_x.so", text);
  ::chmod(path.c_str(), mode);
  return path;
}

}  // namespace

TEST_SUITE("core/host") {
  TEST_CASE("sha256: the digest of FIPS 180-4's example") {
    CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  TEST_CASE("find: a name is looked up in the directories in order, a path is taken as it is") {
    const ScratchDir first;
    const ScratchDir second;
    const std::string path = second.file("libnavistore_x.so", "");
    CHECK(find_plugin("x", {first.path(), second.path()}).value() == path);
    CHECK(find_plugin(path, {}).value() == path);
    auto missing = find_plugin("y", {first.path()});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Code::kNotFound);
    CHECK(missing.error().message.find("libnavistore_y.so in " + first.path()) !=
          std::string::npos);
    CHECK(find_plugin("./no/such.so", {}).error().message == "no such file: ./no/such.so");
  }

  TEST_CASE("copy: the copy lies under the hash of its bytes and only its owner may use it") {
    const ScratchDir dir;
    auto copy = copy_plugin(plugin_of(dir, "abc", 0644), dir / "state");
    REQUIRE(copy);
    CHECK(copy.value().sha256 == sha256_of("abc"));
    CHECK(copy.value().path == dir / ("state/plugins/" + sha256_of("abc") + "/libnavistore_x.so"));
    CHECK(read_whole_file(copy.value().path).value() == "abc");
    struct stat status {};
    REQUIRE(::stat(copy.value().path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0500);
  }

  TEST_CASE("copy: a replaced plugin gets a path of its own") {
    const ScratchDir dir;
    const auto before = copy_plugin(plugin_of(dir, "one", 0644), dir / "state");
    const auto after = copy_plugin(plugin_of(dir, "two", 0644), dir / "state");
    CHECK(before.value().path != after.value().path);
    CHECK(read_whole_file(before.value().path).value() == "one");
  }

  TEST_CASE("copy: a file that others may write is refused, with the remedy") {
    const ScratchDir dir;
    for (const mode_t mode : {0664U, 0646U, 0666U}) {
      auto copy = copy_plugin(plugin_of(dir, "abc", mode), dir / "state");
      REQUIRE_FALSE(copy);
      CHECK(copy.error().code == Code::kNotABackend);
      CHECK(copy.error().message.find("chmod go-w") != std::string::npos);
    }
  }

  TEST_CASE("copy: a file of another user is refused" * doctest::skip(::geteuid() != 0)) {
    const ScratchDir dir;
    const std::string path = plugin_of(dir, "abc", 0644);
    REQUIRE(::chown(path.c_str(), 4242, 4242) == 0);
    CHECK(copy_plugin(path, dir / "state").error().code == Code::kNotABackend);
  }

  TEST_CASE("copy: a directory, a fifo and a missing file are refused and nothing hangs") {
    const ScratchDir dir;
    const std::string fifo = dir / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(copy_plugin(fifo, dir / "state").error().code == Code::kNotABackend);
    CHECK(copy_plugin(dir.path(), dir / "state").error().code == Code::kNotABackend);
    CHECK(copy_plugin(dir / "missing", dir / "state").error().code == Code::kNotFound);
  }

  TEST_CASE("copy: a state directory that cannot be made is told apart from a wrong plugin") {
    const ScratchDir dir;
    const std::string plugin = plugin_of(dir, "abc", 0644);
    CHECK(copy_plugin(plugin, plugin + "/state").error().code == Code::kIo);
    CHECK(copy_plugin(plugin, "/sys/navistore").error().code == Code::kDenied);
  }

  TEST_CASE("write whole: the old contents stay when the directory cannot be written") {
    const ScratchDir dir;
    const std::string path = dir / "a/b";
    REQUIRE(write_whole_file(path, "one"));
    REQUIRE(write_whole_file(path, "two"));
    CHECK(read_whole_file(path).value() == "two");
    CHECK_FALSE(write_whole_file(dir / "a/b/c", "under a file"));
    CHECK(read_whole_file(path).value() == "two");
  }
}
