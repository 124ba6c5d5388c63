// SPDX-License-Identifier: Apache-2.0
#include "core/host/elf_build_id.hpp"

#include <doctest/doctest.h>

#include "tests/support/scratch_dir.hpp"

using navistore::host::elf_build_id;
using navistore::test::ScratchDir;

TEST_SUITE("core/host") {
  TEST_CASE("build id: that of this executable is twenty bytes, the same each time") {
    const std::string id = elf_build_id("/proc/self/exe");
    CHECK(id.size() == 40);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(elf_build_id("/proc/self/exe") == id);
    CHECK(elf_build_id(SQLITE_BACKEND) != id);
  }

  TEST_CASE("build id: what is no whole ELF file has none") {
    const ScratchDir dir;
    CHECK(elf_build_id(dir / "missing").empty());
    CHECK(elf_build_id(dir.file("empty", "")).empty());
    CHECK(elf_build_id(dir.file("text", std::string(4096, 'x'))).empty());
    CHECK(elf_build_id(dir.file("cut", "\177ELF\2\1\1")).empty());
    CHECK(elf_build_id(dir.path()).empty());
  }
}
