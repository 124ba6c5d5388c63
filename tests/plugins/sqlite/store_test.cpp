// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "store_fixture.hpp"

namespace navistore::sqlite::test {
TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("store: what was written is there after a reopen, with its revisions") {
  const TempDir dir;
  {
    auto store = open_store(dir.path());
    CHECK(run(*store, Txn().put("b", "1").put("a", "2")) == "OK 1 found=00");
    CHECK(run(*store, Txn().put("b", "3").remove("a").remove("c")) == "OK 2 found=110");
  }
  auto store = open_store(dir.path());
  CHECK(dump(*store) == "b=3@2 rev=2");
  CHECK(run(*store, Txn().put("d", "")) == "OK 3 found=0");
  CHECK(get(*store, "d") == "d=@3 rev=3");
}

TEST_CASE("store: a refused transaction changes nothing and names the check") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1")) == "OK 1 found=0");
  CHECK(run(*store, Txn().if_present("a").if_revision("a", 7).put("a", "2")) ==
        "CONFLICT 1 check=1 current=1");
  CHECK(run(*store, Txn().if_absent("a").put("b", "2")) == "CONFLICT 1 check=0 current=1");
  CHECK(run(*store, Txn().if_revision("a", 1).put("a", "2")) == "OK 2 found=1");
  CHECK(dump(*store) == "a=2@2 rev=2");
}

TEST_CASE("store: what changes nothing makes no revision") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().remove("a")) == "OK 0 found=0");
  CHECK(run(*store, Txn().if_absent("a")) == "OK 0");
  CHECK(changes(*store, 0) == "rev=0");
}

TEST_CASE("store: a key that occurs twice in a transaction is invalid") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1").put("b", "").remove("a")) == "INVALID");
  CHECK(dump(*store) == "rev=0");
}

TEST_CASE("store: an expired item is absent, and purge reports it") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1", kNow + 5).put("b", "2")) == "OK 1 found=00");
  CHECK(get(*store, "a", kNow + 4) == "a=1@1 rev=1");
  CHECK(get(*store, "a", kNow + 5) == "rev=1");
  CHECK(dump(*store, kNow + 5) == "b=2@1 rev=1");
  navi_stats stats = {};
  store->stats(stats);
  CHECK(stats.next_expiry_ms == kNow + 5);
  navi_reply reply = {sizeof reply, 0, 0};
  store->purge(kNow + 5, 0, reply);
  CHECK(reply.revision == 2);
  CHECK(changes(*store, 1) == "del a@2 expired | rev=2");
  store->stats(stats);
  CHECK(stats.next_expiry_ms == 0);
  CHECK(stats.items == 1);
}

TEST_CASE("store: purge goes in steps, and says when some remain") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1", 1).put("b", "2", 2).put("c", "3", 3).put("d", "4", 5000));
  navi_reply reply = {sizeof reply, 0, 0};
  store->purge(kNow, 2, reply);
  CHECK(reply.flags == NAVI_MORE);
  reply = {sizeof reply, 0, 0};
  store->purge(kNow, 2, reply);
  CHECK(reply.flags == 0);
  CHECK(reply.revision == 3);
  store->purge(kNow, 2, reply);
  CHECK(reply.revision == 3);
  CHECK(dump(*store, 0) == "d=4@1 rev=3");
}

TEST_CASE("store: an expiry from 2^63 on is in the far future") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1", UINT64_MAX)) == "OK 1 found=0");
  navi_reply reply = {sizeof reply, 0, 0};
  store->purge(kNow, 0, reply);
  CHECK(dump(*store) == "a=1@1 rev=1");
  navi_stats stats = {};
  store->stats(stats);
  CHECK(stats.next_expiry_ms == UINT64_MAX);
}

TEST_CASE("store: clear removes everything and counts one revision") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1").put("b", "2"));
  navi_apply request = {};
  navi_reply reply = {sizeof reply, 0, 0};
  store->clear(request, reply);
  CHECK(reply.revision == 2);
  CHECK(dump(*store) == "rev=2");
  CHECK(changes(*store, 0) == "clear@2 | rev=2");
  navi_stats stats = {};
  store->stats(stats);
  CHECK(stats.items + stats.bytes == 0);
}

TEST_CASE("store: two namespaces of one directory know nothing of each other") {
  const TempDir dir;
  auto one = open_store(dir.path());
  auto other = open_store(dir.path(), {"{}", 0, "other"});
  run(*one, Txn().put("a", "1"));
  run(*other, Txn().put("b", "2"));
  CHECK(dump(*one) == "a=1@1 rev=1");
  CHECK(dump(*other) == "b=2@1 rev=1");
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
