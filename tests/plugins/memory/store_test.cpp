// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "store_fixture.hpp"

using namespace navistore::memory;
using namespace navistore::memory::test;
using navistore::backend::bytes;

namespace {

std::string summary(const navi_stats &stats) {
  return std::to_string(stats.items) + " items " + std::to_string(stats.bytes) +
         " bytes revision " + std::to_string(stats.revision) + " oldest " +
         std::to_string(stats.oldest_change) + " expiry " + std::to_string(stats.next_expiry_ms);
}

void purge(Store &store, uint64_t now_ms, uint64_t most, navi_reply &reply) {
  reply = {};
  (*store).purge(now_ms, most, reply);
}

void clear(Store &store) {
  navi_reply reply{};
  (*store).clear({}, reply);
}

// The store beside the std::map that it must equal.
class Modelled {
 public:
  void transact(std::mt19937 &random) {
    Txn txn;
    std::map<std::string, std::string> after = model_;
    const auto first = random() % 300;
    for (uint64_t i = 0; i <= random() % 4; ++i) {
      const std::string key = std::to_string((first + 37 * i) % 300);
      if (random() % 3 == 0) {
        txn.erase(key);
        after.erase(key);
      } else {
        const std::string value = "v" + std::to_string(random());
        txn.put({key, value});
        after[key] = value;
      }
    }
    const std::string checked = std::to_string(random() % 300);
    const bool absent = random() % 2 == 0;
    txn.check(checked, absent ? NAVI_CHECK_ABSENT : NAVI_CHECK_PRESENT);
    const bool holds = absent == (model_.count(checked) == 0);
    REQUIRE(store_.apply(txn).status == (holds ? NAVI_OK : NAVI_CONFLICT));
    if (holds) model_ = after;
  }

  void clear_all() {
    clear(store_);
    model_.clear();
  }

  Store &store() { return store_; }
  std::string expected() const {
    std::string text;
    for (const auto &[key, value] : model_) text += (text.empty() ? "" : " ") + key + "=" + value;
    return text;
  }

 private:
  Store store_{R"({"history":200})"};
  std::map<std::string, std::string> model_;
};

}  // namespace

TEST_SUITE("plugins/memory/store") {
  TEST_CASE("store: equals a map under random transactions, clears and checks") {
    Modelled modelled;
    std::mt19937 random(5);
    for (int i = 0; i < 20000; ++i) {
      modelled.transact(random);
      if (random() % 4000 == 0) modelled.clear_all();
      if (i % 500 == 0) {
        REQUIRE(modelled.store().scan() == modelled.expected());
        REQUIRE_NOTHROW((*modelled.store()).verify(0));
      }
    }
    (*modelled.store()).compact(0);
    CHECK(modelled.store().scan() == modelled.expected());
    (*modelled.store()).verify(0);
  }

  TEST_CASE("store: the history is every change, and a purge says that it was one") {
    Store store;
    store.apply(Txn().put({"a", "1"}).put({"b", "2", 50}));
    store.erase("a");
    store.erase("missing");
    clear(store);
    store.put("c", "3", 60);
    navi_reply reply;
    purge(store, 60, 0, reply);
    CHECK(store.changes() == "1:a=1 1:b=2|2:a-|3:clear|4:c=3|5:c-!|");
    navi_tail tail{};
    tail.max_items = 1;
    CHECK(store.changes(tail) == "1:a=1 1:b=2|+");
    tail.after = 4;
    CHECK(store.changes(tail) == "5:c-!|");
    tail.after = 9;
    CHECK(store.changes(tail) == "");
    (*store).trim(3);
    tail.after = 1;
    CHECK(status_of([&] { store.changes(tail); }) == NAVI_COMPACTED);
    tail.after = 2;
    CHECK(store.changes(tail) == "3:clear|+");
    CHECK(summary(store.stats()) == "0 items 0 bytes revision 5 oldest 3 expiry 0");
    (*store).trim(99);
    CHECK(summary(store.stats()) == "0 items 0 bytes revision 5 oldest 0 expiry 0");
  }

  TEST_CASE("store: a bounded history forgets the oldest and says so") {
    Store store(R"({"history":10})");
    for (int i = 0; i < 30; ++i) store.put("k", std::to_string(i));
    CHECK(store.stats().oldest_change == 21);
    CHECK(status_of([&] { store.changes(); }) == NAVI_COMPACTED);
    navi_tail tail{};
    tail.after = 28;
    CHECK(store.changes(tail) == "29:k=28|30:k=29|");
  }

  TEST_CASE("store: what a clear leaves to the history stays within its bound") {
    Store store(R"({"history_bytes":50000})");
    constexpr uint64_t kKeys = 5000;  // several slices of the collection behind a clear
    for (uint64_t i = 1; i <= kKeys; ++i) store.put(std::to_string(i), std::string(100, 'v'));
    clear(store);
    CHECK(store.stats().oldest_change > kKeys - 50000 / 100);
    navi_tail tail{};
    tail.after = kKeys;
    CHECK(store.changes(tail) == "5001:clear|");
  }

  TEST_CASE("store: an item ends at its very millisecond and is found by purge") {
    Store store;
    for (const char *key : {"a", "b", "c"}) store.put(key, "1", 100);
    store.put("d", "1", 200);
    store.put("a", "2");
    CHECK(store.get("b", 99) == "1@2");
    CHECK(store.get("b", 100) == "none");
    CHECK(store.apply(Txn().erase("b"), 100).revision == 5);
    CHECK(store.stats().next_expiry_ms == 100);
    navi_reply reply;
    purge(store, 99, 0, reply);
    CHECK((reply.revision == 5 && reply.flags == 0));
    purge(store, 150, 1, reply);
    CHECK((reply.revision == 6 && reply.flags == NAVI_MORE));
    purge(store, 150, 1, reply);
    CHECK((reply.revision == 7 && reply.flags == 0));
    CHECK(summary(store.stats()) == "2 items 4 bytes revision 7 oldest 1 expiry 200");
  }

  TEST_CASE("store: a refused transaction changes nothing, and names its check") {
    Store store(R"({"max_bytes":2097152})");
    const std::string half((size_t{1} << 20) - 1, 'x');  // with its key of one byte
    store.put("a", half);
    const navi_result conflict = store.apply(
        Txn().check("a", NAVI_CHECK_PRESENT).check("a", NAVI_CHECK_REV_EQ, 2).put({"b", "2"}));
    CHECK((conflict.status == NAVI_CONFLICT && conflict.detail == 1 && conflict.current == 1));
    CHECK(store.apply(Txn().put({"b", half}).put({"c", ""})).status == NAVI_NO_SPACE);
    CHECK(store.apply(Txn().put({"b", half + "x"})).status == NAVI_NO_SPACE);
    CHECK(summary(store.stats()) == "1 items 1048576 bytes revision 1 oldest 1 expiry 0");
    CHECK(store.apply(Txn().put({"b", half})).status == NAVI_OK);
    Txn fits;
    CHECK(store.apply(fits.erase("a").put({"c", half})).status == NAVI_OK);
    CHECK((fits.found()[0] == 1 && fits.found()[1] == 0));
    CHECK(summary(store.stats()) == "2 items 2097152 bytes revision 3 oldest 1 expiry 0");
  }

  TEST_CASE("store: a limited store takes values that fit into it several times") {
    const auto caps_of = [](uint64_t max_bytes) { return capabilities({1, 1, max_bytes}); };
    CHECK(caps_of(0).max_value == uint64_t{64} << 20);
    CHECK(caps_of(uint64_t{512} << 20).max_value == uint64_t{64} << 20);
    CHECK(caps_of(uint64_t{256} << 20).max_value == uint64_t{32} << 20);
    CHECK(caps_of(uint64_t{2} << 20).max_value == uint64_t{1} << 20);
    CHECK(status_of([] { Store(R"({"max_bytes":2097151})"); }) == NAVI_INVALID);
  }

  TEST_CASE("store: pages in both directions, with exact MORE") {
    Store store;
    for (const char *key : {"a", "b", "c", "d"}) store.put(key, "1");
    store.put("c", "gone", 1);
    navi_scan scan{};
    scan.start = bytes("b");
    scan.max_items = 2;
    CHECK(store.scan(scan) == "b=1 d=1");
    scan.flags = NAVI_F_AFTER;
    CHECK(store.scan(scan) == "d=1");
    scan.start = {};
    CHECK(store.scan(scan) == "a=1 b=1 +");
    scan.flags = NAVI_F_REVERSE;
    scan.end = bytes("d");
    CHECK(store.scan(scan) == "b=1 a=1");
    scan.end = {};
    scan.max_items = 0;
    scan.max_bytes = 3;
    CHECK(store.scan(scan) == "d=1 +");
  }

  TEST_CASE("store: what needs a disk is refused") {
    Store store;
    navi_apply durable{};
    durable.flags = NAVI_F_DURABLE;
    navi_reply reply{};
    CHECK(status_of([&] { (*store).apply(durable, nullptr); }) == NAVI_UNSUPPORTED);
    CHECK(status_of([&] { (*store).clear(durable, reply); }) == NAVI_UNSUPPORTED);
    CHECK(status_of([&] { (*store).sync(0, reply); }) == NAVI_UNSUPPORTED);
    CHECK(status_of([&] { (*store).backup(".", reply); }) == NAVI_UNSUPPORTED);
    CHECK(status_of([] { Store(R"({"histroy":1})"); }) == NAVI_INVALID);
  }
}
