// SPDX-License-Identifier: Apache-2.0
#include "core/host/proof_scratch.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/scratch_dir.hpp"

using navistore::Code;
using navistore::host::existing_directory;
using navistore::host::ProofScratch;
using navistore::test::ScratchDir;

namespace fs = std::filesystem;

TEST_SUITE("core/host") {
  TEST_CASE("proof scratch: each has a directory of its own, which goes with it and only it") {
    const ScratchDir dir;
    std::string first_path;
    {
      const auto first = ProofScratch::make(dir.path());
      REQUIRE(first);
      first_path = first.value().path();
      std::string second_path;
      {
        const auto second = ProofScratch::make(dir.path());
        REQUIRE(second);
        second_path = second.value().path();
        CHECK(second_path != first_path);
        CHECK(fs::is_directory(second_path));
      }
      CHECK_FALSE(fs::exists(second_path));
      CHECK(fs::is_directory(first_path));
    }
    CHECK(fs::is_empty(dir.path()));
  }

  TEST_CASE("proof scratch: what a killed run left behind is removed, nothing else") {
    const ScratchDir dir;
    fs::create_directories(dir / ".navistore-proof-abcdef/deep");
    fs::create_directories(dir / "data");
    const auto scratch = ProofScratch::make(dir.path());
    REQUIRE(scratch);
    CHECK_FALSE(fs::exists(dir / ".navistore-proof-abcdef"));
    CHECK(fs::exists(dir / "data"));
  }

  TEST_CASE("proof scratch: it lies where the data will be, before there are any") {
    const ScratchDir dir;
    CHECK(existing_directory(dir / "a/b/c") == dir.path());
    CHECK(existing_directory(dir.path()) == dir.path());
    const auto scratch = ProofScratch::make(dir / "a/b/c");
    REQUIRE(scratch);
    CHECK(fs::path(scratch.value().path()).parent_path() == dir.path());
    CHECK(ProofScratch::make("/sys/navistore").error().code == Code::kDenied);
  }
}
