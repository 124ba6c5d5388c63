// SPDX-License-Identifier: Apache-2.0
#include "core/host/unused_state.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/host/pass_cache.hpp"
#include "core/host/plugin_file.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::host::copy_plugin;
using navistore::host::kUnusedFor;
using navistore::host::PassCache;
using navistore::host::PassKey;
using navistore::host::PluginCopy;
using navistore::host::remove_unused;
using navistore::test::ScratchDir;

namespace fs = std::filesystem;

namespace {

// A start's copy of a plugin with this text, and its pass.
PluginCopy start_with(const ScratchDir &dir, const std::string &text) {
  const std::string plugin = dir.file("x.so", text);
  ::chmod(plugin.c_str(), 0644);
  auto copy = copy_plugin(plugin, dir / "state");
  REQUIRE(copy);
  const PassKey key{copy.value().sha256, "h", "gate", "{}", dir.path()};
  REQUIRE(PassCache(dir / "state").store(key, {}));
  return std::move(copy).value();
}

void age_everything(const ScratchDir &dir) {
  const auto long_ago = fs::file_time_type::clock::now() - kUnusedFor - std::chrono::hours(1);
  for (const auto &entry : fs::recursive_directory_iterator(dir / "state")) {
    fs::last_write_time(entry.path(), long_ago);
  }
}

std::set<std::string> plugins_of(const ScratchDir &dir, const std::string &kind) {
  std::set<std::string> hashes;
  for (const auto &entry : fs::directory_iterator(dir / ("state/" + kind))) {
    hashes.insert(entry.path().filename().string().substr(0, 64));
  }
  return hashes;
}

}  // namespace

TEST_SUITE("core/host") {
  TEST_CASE("state: what no start used for a month goes, unless a running server uses it") {
    const ScratchDir dir;
    const std::string unused = start_with(dir, "unused").sha256;
    const PluginCopy running = start_with(dir, "running");
    dir.file("state/plugins/copy-abcdef", "cut off");
    dir.file("state/passes/x.json.abcdef", "cut off");
    remove_unused(dir / "state");
    CHECK(plugins_of(dir, "plugins").size() == 3);

    age_everything(dir);
    const std::string used = start_with(dir, "used").sha256;
    remove_unused(dir / "state");
    const std::set<std::string> kept{running.sha256, used};
    CHECK(plugins_of(dir, "plugins") == kept);
    CHECK(plugins_of(dir, "passes") == kept);
  }

  TEST_CASE("state: a start that finds its pass and its copy has used them") {
    const ScratchDir dir;
    const PassKey key{start_with(dir, "text").sha256, "h", "gate", "{}", dir.path()};
    age_everything(dir);
    CHECK(PassCache(dir / "state").find(key));
    CHECK(copy_plugin(dir / "x.so", dir / "state"));
    remove_unused(dir / "state");
    CHECK(PassCache(dir / "state").find(key));
    CHECK(plugins_of(dir, "plugins").size() == 1);
  }
}
