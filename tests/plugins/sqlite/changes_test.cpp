// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

struct Page {
  std::string text;
  navi_reply reply = {sizeof(navi_reply), 0, 0};
};

int32_t note_key(void *text, const navi_change *change) noexcept {
  static_cast<std::string *>(text)->append(backend::view(change->item.key));
  return 0;
}

Page page(SqliteStore &store, uint64_t after, uint64_t max_items, uint64_t max_bytes) {
  Page page;
  const navi_change_sink sink = {&page.text, note_key};
  navi_tail request = {};
  request.after = after;
  request.max_items = max_items;
  request.max_bytes = max_bytes;
  store.changes(request, backend::ChangeSink(sink), page.reply);
  return page;
}

void count_ring(void *count) noexcept { ++*static_cast<int *>(count); }

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("changes: the newest of each key, in order, transactions marked") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1").put("b", "1").put("c", "1"));
  run(*store, Txn().put("c", "2"));
  run(*store, Txn().remove("b"));
  CHECK(changes(*store, 0) == "put a=1@1 | put c=2@2 | del b@3 | rev=3");
  CHECK(changes(*store, 1) == "put c=2@2 | del b@3 | rev=3");
  run(*store, Txn().put("b", "4"));
  CHECK(changes(*store, 0) == "put a=1@1 | put c=2@2 | put b=4@4 | rev=4");
  CHECK(changes(*store, 4) == "rev=4");
  CHECK(changes(*store, UINT64_MAX) == "rev=4");
  store.reset();
  store = open_store(dir.path());
  CHECK(changes(*store, 2) == "put b=4@4 | rev=4");
}

TEST_CASE("changes: a page holds whole transactions, at least one") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1").put("b", "1"));
  run(*store, Txn().put("c", "1").put("d", "1"));
  CHECK(page(*store, 0, 1, 0).text == "ab");
  CHECK(page(*store, 0, 3, 0).text == "ab");
  CHECK(page(*store, 0, 3, 0).reply.flags == NAVI_MORE);
  CHECK(page(*store, 0, 4, 0).text == "abcd");
  CHECK(page(*store, 0, 4, 0).reply.flags == 0);
  CHECK(page(*store, 0, 0, 7).text == "ab");
  CHECK(page(*store, 0, 0, 8).text == "abcd");
}

TEST_CASE("changes: a cursor before the trimmed ones is told where they begin") {
  const TempDir dir;
  auto store = open_store(dir.path());
  for (int i = 1; i <= 5; ++i) run(*store, Txn().put("k" + std::to_string(i), "v"));
  store->trim(4);
  CHECK(changes(*store, 2) == "COMPACTED 4");
  CHECK(changes(*store, 3) == "put k4=v@4 | put k5=v@5 | rev=5");
  store->trim(2);
  CHECK(changes(*store, 3) == "put k4=v@4 | put k5=v@5 | rev=5");
  store->trim(100);
  CHECK(changes(*store, 4) == "COMPACTED 6");
  CHECK(changes(*store, 5) == "rev=5");
  store.reset();
  store = open_store(dir.path());
  CHECK(changes(*store, 4) == "COMPACTED 6");
  CHECK(run(*store, Txn().put("k6", "v")) == "OK 6 found=0");
  CHECK(changes(*store, 5) == "put k6=v@6 | rev=6");
}

TEST_CASE("changes: trim forgets more than one step's worth") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal"})"});
  constexpr uint64_t kRevisions = 25000;
  for (uint64_t i = 0; i < kRevisions; ++i) run(*store, Txn().put("a", std::to_string(i)), 0);
  store->trim(kRevisions);
  CHECK(changes(*store, kRevisions - 2) == "COMPACTED 25000");
  CHECK(changes(*store, kRevisions - 1) == "put a=24999@25000 | rev=25000");
}

TEST_CASE("watch: the bell rings for a change, and not after it was disarmed") {
  const TempDir dir;
  auto store = open_store(dir.path());
  int rings = 0;
  store->arm(count_ring, &rings);
  run(*store, Txn().put("a", "1"));
  CHECK(rings == 1);
  run(*store, Txn().if_absent("a").put("a", "2"));
  CHECK(rings == 1);
  store->arm(nullptr, nullptr);
  run(*store, Txn().put("a", "2"));
  CHECK(rings == 1);
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
