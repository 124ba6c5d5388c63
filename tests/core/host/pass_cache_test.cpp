// SPDX-License-Identifier: Apache-2.0
#include "core/host/pass_cache.hpp"

#include <doctest/doctest.h>
#include <sys/utsname.h>

#include <filesystem>

#include "core/host/elf_build_id.hpp"
#include "core/host/plugin_file.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::host::elf_build_id;
using navistore::host::PassCache;
using navistore::host::PassKey;
using navistore::json::Pass;
using navistore::test::ScratchDir;

namespace {

PassKey key_in(const ScratchDir &dir) { return {"p", "h", "gate", "{}", dir.path()}; }

}  // namespace

TEST_SUITE("core/host") {
  TEST_CASE("pass cache: a stored pass is found again, whole") {
    const ScratchDir dir;
    const PassCache cache(dir.path());
    CHECK_FALSE(cache.find(key_in(dir)));
    const std::string id = elf_build_id(SQLITE_BACKEND);
    REQUIRE(cache.store(key_in(dir), Pass{{{SQLITE_BACKEND, id}}, "{\"a\":1}", "<x/>"}));
    auto pass = cache.find(key_in(dir));
    REQUIRE(pass);
    CHECK(pass->report_json == "{\"a\":1}");
    CHECK(pass->report_junit == "<x/>");
    CHECK(pass->dependencies.at(0).build_id == id);
  }

  TEST_CASE(
      "pass cache: another plugin, harness, tier, configuration or file system is another pass") {
    const ScratchDir dir;
    const PassCache cache(dir.path());
    REQUIRE(cache.store(key_in(dir), Pass{}));
    PassKey key = key_in(dir);
    key.plugin_sha256 = "q";
    CHECK_FALSE(cache.find(key));
    key = key_in(dir);
    key.harness = "i";
    CHECK_FALSE(cache.find(key));
    key = key_in(dir);
    key.tier = "full";
    CHECK_FALSE(cache.find(key));
    key = key_in(dir);
    key.config = "{\"a\":1}";
    CHECK_FALSE(cache.find(key));
    key = key_in(dir);
    key.data_dir = "/proc";
    CHECK_FALSE(cache.find(key));
    CHECK(cache.find(key_in(dir)));
  }

  TEST_CASE("pass cache: another kernel or libc is another pass") {
    const ScratchDir dir;
    REQUIRE(PassCache(dir.path(), {"6.1", "2.36"}).store(key_in(dir), Pass{}));
    CHECK(PassCache(dir.path(), {"6.1", "2.36"}).find(key_in(dir)));
    CHECK_FALSE(PassCache(dir.path(), {"6.2", "2.36"}).find(key_in(dir)));
    CHECK_FALSE(PassCache(dir.path(), {"6.1", "2.37"}).find(key_in(dir)));
    CHECK_FALSE(PassCache(dir.path()).find(key_in(dir)));
  }

  TEST_CASE("pass cache: without more words the machine is this one") {
    const ScratchDir dir;
    struct utsname name {};
    REQUIRE(::uname(&name) == 0);
    const std::string libc =
        std::to_string(__GLIBC__) + "." + std::to_string(__GLIBC_MINOR__);  // as of the build
    REQUIRE(PassCache(dir.path(), {name.release, libc}).store(key_in(dir), Pass{}));
    CHECK(PassCache(dir.path()).find(key_in(dir)));
  }

  TEST_CASE("pass cache: an upgraded or removed dependency, or a damaged file, is no pass") {
    const ScratchDir dir;
    const PassCache cache(dir.path());
    REQUIRE(cache.store(key_in(dir), Pass{{{SQLITE_BACKEND, "00"}}, "{}", ""}));
    CHECK_FALSE(cache.find(key_in(dir)));
    REQUIRE(cache.store(key_in(dir), Pass{{{dir / "gone.so", "00"}}, "{}", ""}));
    CHECK_FALSE(cache.find(key_in(dir)));
    REQUIRE(cache.store(key_in(dir), Pass{}));
    for (const auto &file : std::filesystem::directory_iterator(dir / "passes")) {
      REQUIRE(navistore::host::write_whole_file(file.path().string(), "{\"dependencies\":"));
    }
    CHECK_FALSE(cache.find(key_in(dir)));
  }
}
