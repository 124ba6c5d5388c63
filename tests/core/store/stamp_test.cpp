// SPDX-License-Identifier: Apache-2.0
#include "core/store/stamp.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace navistore::store;

namespace {

// From the oldest to the newest.
const std::vector<VersionView> kAscending = {
    {{0, 0, 0}, Life::kLive, "a"},          {{0, 0, 0}, Life::kLive, "b"},
    {{5, 0, 1}, Life::kLive, "z"},          {{5, 0, 1}, Life::kTombstone, ""},
    {{5, 0, 2}, Life::kLive, "a"},          {{5, 1, 1}, Life::kTombstone, ""},
    {{6, 0, 1}, Life::kLive, "a"},          {{6, 0, UINT64_MAX}, Life::kLive, "a"},
    {{6, UINT32_MAX, 0}, Life::kLive, "a"},
};

}  // namespace

TEST_SUITE_BEGIN("core/store");

TEST_CASE("stamp: every two versions are ordered, the same way round for everybody") {
  for (size_t i = 0; i < kAscending.size(); ++i) {
    for (size_t j = 0; j < kAscending.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(supersedes(kAscending[i], kAscending[j]) == (i > j));
    }
  }
}

TEST_CASE("stamp: the values of stamped versions do not matter") {
  CHECK_FALSE(supersedes({{5, 0, 1}, Life::kLive, "b"}, {{5, 0, 1}, Life::kLive, "a"}));
}

TEST_SUITE_END();
