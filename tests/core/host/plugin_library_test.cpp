// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugin_library.hpp"

#include <doctest/doctest.h>

#include "tests/support/scratch_dir.hpp"

using navistore::host::load_plugin;
using navistore::test::ScratchDir;

namespace {

std::string refusal(const std::string &path) {
  auto loaded = load_plugin(path);
  if (loaded) return "loaded";
  const std::string prefix = "load backend " + path + ": ";
  CHECK(loaded.error().message.compare(0, prefix.size(), prefix) == 0);
  return loaded.error().message.substr(prefix.size());
}

}  // namespace

TEST_SUITE("core/host") {
  TEST_CASE("load: a real backend shows its identity and its vtables") {
    auto loaded = load_plugin(SQLITE_BACKEND);
    REQUIRE(loaded);
    CHECK(loaded.value().id == "org.navistore.sqlite");
    CHECK(loaded.value().store != nullptr);
    CHECK(loaded.value().store->size >= sizeof(navi_store_api));
    CHECK_FALSE(loaded.value().version.empty());
  }

  TEST_CASE("load: what is no backend is refused and says in which way") {
    const std::string dir = BROKEN_DIR;
    CHECK(refusal(dir + "/broken_MAGIC.so") == "its entry has another magic");
    CHECK(refusal(dir + "/broken_SIZE.so") == "its entry is incomplete");
    CHECK(refusal(dir + "/broken_NO_STORE.so") == "no complete navistore.store/1");
    CHECK(refusal(dir + "/broken_NULL_MEMBER.so") == "no complete navistore.store/1");
    CHECK(refusal(dir + "/broken_NO_ENTRY.so") == "no symbol navistore_backend_entry");
  }

  TEST_CASE("load: a file that is no library is refused with the loader's words") {
    const ScratchDir dir;
    CHECK(refusal(dir.file("text.so", "not ELF")).find("too short") != std::string::npos);
    CHECK(refusal(dir / "missing.so").find("No such file") != std::string::npos);
  }
}
