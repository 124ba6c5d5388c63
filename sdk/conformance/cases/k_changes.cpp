// SPDX-License-Identifier: Apache-2.0
// Group K: the history says what happened, whole and in order.
#include <atomic>
#include <map>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

// What a follower knows who applies changes to nothing.
std::string replay(const std::vector<Change> &changes) {
  std::map<std::string, std::string> state;
  for (const Change &change : changes) {
    if (change.kind == NAVI_CHANGE_PUT) state[change.item.key] = change.item.value;
    if (change.kind == NAVI_CHANGE_DELETE) state.erase(change.item.key);
    if (change.kind == NAVI_CHANGE_CLEAR) state.clear();
  }
  std::string text;
  for (const auto &[key, value] : state) {
    text += (text.empty() ? "" : " ") + escape(key) + "=" + escape(value);
  }
  return text;
}

// The revisions in order, each once: "3 4 6".
std::string revisions(const std::vector<Change> &changes) {
  std::string text;
  uint64_t before = 0;
  for (const Change &change : changes) {
    if (change.item.revision == before) continue;
    before = change.item.revision;
    text += (text.empty() ? "" : " ") + std::to_string(before);
  }
  return text;
}

}  // namespace

NAVI_CASE("K.complete", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  CHECK(store.changes_after(0).empty());
  std::string expected;
  std::string numbers;
  for (int i = 0; i < 30; ++i) {  // each key once, so that nothing is obsolete
    const std::string key = "k" + std::to_string(100 + i);
    const TxnResult put =
        store.txn(Txn().put(key, std::to_string(i), "meta", i % 3 == 0 ? kNow - 1 : 0));
    REQUIRE(outcome(put) == "OK");
    expected += (i == 0 ? "PUT " : "; PUT ") + key + "=" + std::to_string(i);
    numbers += (i == 0 ? "" : " ") + std::to_string(put.revision);
  }
  const std::vector<Change> changes = store.changes_after(0);
  CHECK(render(changes) == expected);
  CHECK(revisions(changes) == numbers);
  CHECK(changes.at(4).item.meta == "meta");
  CHECK(changes.at(3).item.expires_ms == kNow - 1);
  const ChangesAnswer all = store.changes();
  CHECK(all.revision == store.stats().revision);
  CHECK_FALSE(all.more);
  CHECK(outcome(store.txn(Txn().absent("k100").put("refused", "1"), {0, 0})) == "CONFLICT");
  CHECK(outcome(store.del("missing")) == "OK");
  CHECK_MESSAGE(store.changes_after(all.revision).empty(),
                "what changed nothing is in the history");
}

NAVI_CASE("K.every_revision", kGate, needs(kChanges, kFullHistory)) {
  Store &store = fixture.store();
  CHECK(outcome(store.put("a", "1")) == "OK");
  CHECK(outcome(store.put("a", "2")) == "OK");
  CHECK(outcome(store.del("a")) == "OK");
  CHECK(outcome(store.put("a", "3")) == "OK");
  CHECK(render(store.changes_after(0)) == "PUT a=1; PUT a=2; DELETE a; PUT a=3");
}

NAVI_CASE("K.newest_of_each_key", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  for (int i = 0; i < 50; ++i) {
    Txn txn = Txn().put("k" + std::to_string(i % 7), std::to_string(i));
    if (i % 3 == 0) txn.del("k" + std::to_string((i + 1) % 7));
    REQUIRE(outcome(store.txn(txn)) == "OK");
  }
  const std::vector<Change> changes = store.changes_after(0);
  CHECK(replay(changes) == store.dump());
  const uint64_t middle = changes.at(changes.size() / 2).item.revision;
  for (const Change &change : store.changes_after(middle)) CHECK(change.item.revision > middle);
}

NAVI_CASE("K.whole_transactions", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  std::vector<uint64_t> numbers;
  for (const char *stem : {"a", "b", "c"}) {
    Txn txn;
    for (int i = 0; i < 4; ++i) txn.put(stem + std::to_string(i), "v");
    numbers.push_back(store.txn(txn).revision);
  }
  const auto shape = [](const ChangesAnswer &answer) {  // changes of each transaction: "4 4 +"
    std::string text;
    int n = 0;
    for (const Change &change : answer.changes) {
      ++n;
      if (change.last()) text += std::to_string(n) + " ";
      if (change.last()) n = 0;
    }
    return text + (n != 0 ? "and " + std::to_string(n) + " without LAST " : "") +
           (answer.more ? "+" : "");
  };
  CHECK(shape(store.changes()) == "4 4 4 ");
  TailRequest request;
  for (const uint64_t limit : {1U, 3U, 4U, 5U, 7U}) {
    request.max_items = limit;
    CHECK_MESSAGE(shape(store.changes(request)) == "4 +", "max_items " << limit);
  }
  request.max_items = 8;
  CHECK_MESSAGE(shape(store.changes(request)) == "4 4 +", "max_items 8");
  request.max_items = 12;
  CHECK_MESSAGE(shape(store.changes(request)) == "4 4 4 ", "max_items 12");
  request.max_items = 0;
  request.max_bytes = 1;
  CHECK_MESSAGE(shape(store.changes(request)) == "4 +", "max_bytes 1");
  request.max_bytes = 24;  // two transactions of four items of three bytes
  CHECK_MESSAGE(shape(store.changes(request)) == "4 4 +", "max_bytes 24");
  request.after = numbers[1];
  CHECK(shape(store.changes(request)) == "4 ");
}

NAVI_CASE("K.delete_and_clear", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "2").put("c", "3"))) == "OK");
  const TxnResult deleted = store.txn(Txn().del("b").del("missing"));
  const uint64_t before = store.stats().revision;
  const std::vector<Change> of_delete = store.changes_after(deleted.revision - 1);
  CHECK(render(of_delete) == "DELETE b");
  CHECK(replay(store.changes_after(0)) == "a=1 c=3");
  const Reply clear = store.clear();
  REQUIRE(clear.ok());
  std::string cleared;  // a CLEAR, or a DELETE of each key, in any order
  for (const Change &change : store.changes_after(before)) {
    CHECK(change.item.revision == clear.revision);
    cleared += change.kind == NAVI_CHANGE_CLEAR ? "CLEAR" : change.item.key;
  }
  CHECK_MESSAGE((cleared == "CLEAR" || cleared == "ac" || cleared == "ca"),
                "changes of a clear: " << cleared);
  CHECK(outcome(store.put("d", "4")) == "OK");
  CHECK(replay(store.changes_after(0)) == "d=4");
}

NAVI_CASE("K.resume", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  std::vector<uint64_t> numbers = {0};
  for (int i = 0; i < 12; ++i) {
    numbers.push_back(
        store.txn(Txn().put("a" + std::to_string(i), "1").put("b" + std::to_string(i), "2"))
            .revision);
  }
  for (size_t from = 0; from < numbers.size(); ++from) {
    const std::vector<Change> rest = store.changes_after(numbers[from]);
    CHECK_MESSAGE(rest.size() == 2 * (numbers.size() - 1 - from), "changes after commit " << from);
  }
  std::vector<Change> paged;
  TailRequest request;
  request.max_items = 5;  // two transactions a page
  for (int pages = 0; pages < 20; ++pages) {
    const ChangesAnswer page = store.changes(request);
    REQUIRE(page.ok());
    paged.insert(paged.end(), page.changes.begin(), page.changes.end());
    if (!page.more) break;
    REQUIRE_FALSE(page.changes.empty());
    request.after = page.changes.back().item.revision;
  }
  CHECK(render(paged) == render(store.changes_after(0)));
  TailRequest stopped;
  stopped.stop_after = 3;  // in the middle of the second transaction
  CHECK(status_name(store.changes(stopped).status) == "OK");
  CHECK(store.changes_after(numbers[1]).size() == 22);
}

NAVI_CASE("K.compacted", kGate, needs(kChanges)) {
  Store &store = fixture.store();
  std::vector<uint64_t> numbers;
  numbers.reserve(10);
  for (int i = 0; i < 10; ++i) numbers.push_back(store.put("k" + std::to_string(i), "v").revision);
  const std::string items = store.dump();
  REQUIRE(store.trim(numbers[4]).ok());
  const auto after = [&store](uint64_t revision) {
    TailRequest request;
    request.after = revision;
    return store.changes(request);
  };
  for (const uint64_t gone : {uint64_t{0}, numbers[0], numbers[4] - 2}) {
    const ChangesAnswer answer = after(gone);
    CHECK_MESSAGE(status_name(answer.status) == "COMPACTED",
                  "after " << gone << ", trimmed before " << numbers[4]);
    CHECK_MESSAGE(answer.changes.empty(), "delivered and then COMPACTED");
    CHECK_MESSAGE(answer.revision == numbers[4],
                  "the reply's revision tells where the history begins");
  }
  CHECK(after(numbers[4] - 1).changes.size() == 6);
  CHECK(after(numbers[5]).changes.size() == 4);
  CHECK(store.stats().stats.oldest_change == numbers[4]);
  REQUIRE(store.trim(UINT64_MAX).ok());
  CHECK(status_name(after(numbers[8]).status) == "COMPACTED");
  CHECK(status_name(after(numbers[9]).status) == "OK");
  CHECK_MESSAGE(store.dump() == items, "trim touched the items");
}

// A tail that is read while others write: what it has passed never grows afterwards.
NAVI_CASE("K.no_gap", kGate, needs(kChanges, kConcurrent)) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  constexpr int kWriters = 3;
  constexpr int kEach = 300;
  std::atomic<int> writing{kWriters};
  std::vector<Change> tail;
  fixture.in_threads(kWriters + 1, [&](size_t thread) {
    if (thread < kWriters) {
      for (int i = 0; i < kEach; ++i) {  // each key once: nothing becomes obsolete
        store.txn(Txn().put(std::to_string(thread) + "-" + std::to_string(i), "v"));
      }
      --writing;
      return;
    }
    TailRequest request;
    for (bool last_round = false;;) {
      const ChangesAnswer answer = store.changes(request);
      if (!answer.ok()) return;
      tail.insert(tail.end(), answer.changes.begin(), answer.changes.end());
      request.after = answer.more ? tail.back().item.revision : answer.revision;
      if (last_round && !answer.more) return;
      last_round = writing == 0;
    }
  });
  const std::vector<Change> all = store.changes_after(0);
  CHECK(all.size() == kWriters * kEach);
  CHECK_MESSAGE(tail.size() == all.size(), "changes that the tail saw, of those in the history");
  CHECK(revisions(tail) == revisions(all));
}

NAVI_CASE("K.survives_reopen", kGate, needs(kChanges, kPersistent)) {
  Store &store = fixture.store();
  CHECK(outcome(store.txn(Txn().put("a", "1").put("b", "2"))) == "OK");
  CHECK(outcome(store.del("a")) == "OK");
  CHECK(outcome(store.put("c", "3")) == "OK");
  const std::string before = render(store.changes_after(0));
  const uint64_t newest = store.stats().revision;
  Store &again = fixture.reopen();
  CHECK(render(again.changes_after(0)) == before);
  const TxnResult put = again.put("d", "4");
  CHECK(outcome(put) == "OK");
  CHECK(render(again.changes_after(newest)) == "PUT d=4");
  REQUIRE(again.trim(put.revision).ok());
  TailRequest request;
  CHECK_MESSAGE(status_name(fixture.reopen().changes(request).status) == "COMPACTED",
                "trimmed history came back");
  request.after = newest;
  CHECK(render(fixture.store().changes(request).changes) == "PUT d=4");
}

}  // namespace navistore::conformance
