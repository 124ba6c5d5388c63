// SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include <doctest/doctest.h>

#include "store_fixture.hpp"

namespace navistore::sqlite::test {

TEST_SUITE_BEGIN("plugins/sqlite");

// SQLite shows a commit to others a moment before the commit's own thread can count it.
TEST_CASE("reader: a state that one reader saw is not too new for another one") {
  const TempDir dir;
  auto store = open_store(dir.path());  // counts its commits in a state of its own
  CommitState state;
  Reader one(dir.path() + "/test.db", Config{}, Access::kReadOnly);
  Reader other(dir.path() + "/test.db", Config{}, Access::kReadOnly);
  run(*store, Txn().put("a", "1"), 0);
  CHECK(one.refresh(state).revision == 1);
  run(*store, Txn().put("a", "2"), 0);
  CHECK(other.refresh(state).revision == 2);
  CHECK(one.refresh(state).revision == 2);
}

TEST_SUITE_END();

}  // namespace navistore::sqlite::test
