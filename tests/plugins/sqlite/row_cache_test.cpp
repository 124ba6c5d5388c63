// SPDX-License-Identifier: Apache-2.0
#include "row_cache.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr uint64_t kOneSet = 4096;  // bytes of the smallest cache: all keys share its room

void add(RowCache &cache, const std::string &key, const std::string &value, uint64_t revision,
         uint64_t as_of) {
  navi_item item = {};
  item.key = backend::bytes(key);
  item.value = backend::bytes(value);
  item.revision = revision;
  cache.add(item, as_of);
}

std::string find(RowCache &cache, const std::string &key) {
  RowCache::Found found;
  if (!cache.find(backend::bytes(key), found)) return "none";
  return std::string(backend::view(found.item.key)) + "=" +
         std::string(backend::view(found.item.value)) + "@" + std::to_string(found.item.revision);
}

void drop(RowCache &cache, const std::string &key, uint64_t revision) {
  cache.drop(backend::bytes(key), revision);
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("row cache: a row is there until its key changes") {
  RowCache cache(kOneSet);
  add(cache, "a", "1", 1, 1);
  add(cache, "b", "", 1, 1);
  add(cache, "a", "2", 2, 2);
  CHECK(find(cache, "a") == "a=2@2");
  drop(cache, "a", 3);
  CHECK(find(cache, "a") == "none");
  CHECK(find(cache, "b") == "b=@1");
}

TEST_CASE("store: what a write is judged by and counts is the row as the write before it left it") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "123", kNow + 5, "meta").put("b", "")) == "OK 1 found=00");
  CHECK(run(*store, Txn().if_revision("a", 1).put("a", "12", kNow)) == "OK 2 found=1");
  CHECK(run(*store, Txn().if_present("a")) == "CONFLICT 2 check=0 current=0");
  CHECK(run(*store, Txn().if_absent("a").put("a", "1")) == "OK 3 found=0");
  CHECK(run(*store, Txn().remove("a").remove("b")) == "OK 4 found=11");
  CHECK(run(*store, Txn().remove("b").put("a", "12345")) == "OK 5 found=00");
  navi_stats stats = {};
  store->stats(stats);
  CHECK(std::to_string(stats.items) + " " + std::to_string(stats.bytes) == "1 6");
  store->verify(0);
}

TEST_CASE("row cache: what an older state held is not taken") {
  RowCache cache(kOneSet);
  drop(cache, "a", 5);
  add(cache, "a", "old", 2, 4);
  CHECK(find(cache, "a") == "none");
  add(cache, "a", "new", 5, 5);
  CHECK(find(cache, "a") == "a=new@5");
}

TEST_CASE("row cache: after all was dropped only newer rows count") {
  RowCache cache(kOneSet);
  add(cache, "a", "1", 1, 1);
  cache.drop_all(2);
  CHECK(find(cache, "a") == "none");
  add(cache, "a", "1", 1, 1);  // by a reader that is late
  CHECK(find(cache, "a") == "none");
  add(cache, "a", "3", 3, 3);
  CHECK(find(cache, "a") == "a=3@3");
}

TEST_CASE("row cache: a full one keeps the newest rows, whole") {
  RowCache cache(kOneSet);
  const auto value_of = [](size_t i) { return std::string(i * 37 % 900, char('a' + i % 26)); };
  for (size_t i = 1; i <= 2000; ++i) {
    const std::string key = std::to_string(i);
    add(cache, key, value_of(i), i, i);
    CHECK(find(cache, key) == key + "=" + value_of(i) + "@" + key);
    if (i % 7 == 0) drop(cache, std::to_string(i - 1), i);
    for (size_t j = i - std::min<size_t>(i - 1, 40); j < i; ++j) {
      const std::string older = std::to_string(j);
      const std::string text = find(cache, older);
      CHECK((text == "none" || text == older + "=" + value_of(j) + "@" + older));
    }
  }
  CHECK(find(cache, "1") == "none");
}

TEST_CASE("row cache: a row above its limit is not kept, nor one without a cache") {
  RowCache cache(kOneSet);
  add(cache, "a", std::string(RowCache::kLargest, 'x'), 1, 1);
  CHECK(find(cache, "a") == "none");
  RowCache none(0);
  add(none, "a", "1", 1, 1);
  drop(none, "a", 2);
  CHECK(find(none, "a") == "none");
}

TEST_CASE("store: a read that began after another one ended does not see an older state") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","row_cache_bytes":4096})"});
  run(*store, Txn().put("a", "x").put("still", "x"), 0);
  std::atomic<uint64_t> newest{0};
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      for (bool still = false; !stop; still = !still) {
        const uint64_t least = newest;
        const std::string text = get(*store, still ? "still" : "a");
        const uint64_t seen = std::stoull(text.substr(text.find("rev=") + 4));
        const uint64_t row = std::stoull(text.substr(text.find('@') + 1));
        // The newest commit may be one that removed another key.
        if (seen < least || row > seen || (!still && row + 1 < least)) ++stale;
        uint64_t before = newest;
        while (before < seen && !newest.compare_exchange_weak(before, seen)) {
        }
      }
    });
  }
  for (unsigned i = 0; i < 2000; ++i) {
    run(*store, Txn().put("a", "x").put("b" + std::to_string(i % 50), "y"), 0);
    if (i % 5 == 0) run(*store, Txn().remove("b" + std::to_string(i % 50)), 0);
  }
  stop = true;
  for (std::thread &reader : readers) reader.join();
  CHECK(stale == 0);
  store->verify(0);
}

TEST_CASE("store: a read finds what was written, removed, expired and cleared") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1").put("b", "2", kNow + 5, "meta"));
  CHECK(get(*store, "a") == "a=1@1 rev=1");
  CHECK(get(*store, "b", kNow + 4) == "b=2@1 rev=1");
  CHECK(get(*store, "b", kNow + 5) == "rev=1");
  run(*store, Txn().remove("a"));
  CHECK(get(*store, "a") == "rev=2");
  run(*store, Txn().put("a", "3"));
  CHECK(get(*store, "a") == "a=3@3 rev=3");
  navi_apply request = {};
  request.now_ms = kNow;
  navi_reply reply = {sizeof reply, 0, 0};
  store->clear(request, reply);
  CHECK(get(*store, "a") == "rev=4");
  CHECK(get(*store, "b", kNow) == "rev=4");
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
