// SPDX-License-Identifier: Apache-2.0
// Group H: single promises to concurrent callers, each with a story that shows its breach.
#include <atomic>
#include <thread>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/io_shim.hpp"

namespace navistore::conformance {
namespace {

constexpr int kAccounts = 8;
constexpr int kDeposit = 100;

std::string account(size_t i) { return "account" + std::to_string(i); }

std::vector<std::string> accounts() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kAccounts; ++i) names.push_back(account(i));
  return names;
}

void open_accounts(Store &store) {
  Txn txn;
  for (const std::string &name : accounts()) txn.put(name, std::to_string(kDeposit));
  REQUIRE(outcome(store.txn(txn)) == "OK");
}

// Moves 1 from one account to another unless somebody was faster.
void transfer(Store &store, std::mt19937_64 &random) {
  const size_t from = random() % kAccounts;
  const size_t to = (from + 1 + random() % (kAccounts - 1)) % kAccounts;
  const ReadAnswer now = store.read({account(from), account(to)}, {NAVI_F_SNAPSHOT});
  if (!now.ok() || !now.items[0] || !now.items[1]) return;
  const int source = std::stoi(now.items[0]->value);
  const int target = std::stoi(now.items[1]->value);
  store.txn(Txn()
                .revision_is(account(from), now.items[0]->revision)
                .revision_is(account(to), now.items[1]->revision)
                .put(account(from), std::to_string(source - 1))
                .put(account(to), std::to_string(target + 1)));
}

constexpr uint64_t kHeldSyncs = 4;  // one commit makes hardly more
constexpr int kReadsInside = 10;
constexpr int kRounds = 3;

// Holds the n-th fsync of a durable put until enough reads began and ended meanwhile, or it goes on
// by itself: how many did. held: whether there was such an fsync.
int reads_while_held(Fixture &fixture, Store &store, uint64_t sync, bool &held) {
  const uint64_t before = io::report().faults;
  io::inject({io::Fault::kSyncStall, sync, 0});
  std::atomic<bool> done{false};
  int reads = 0;
  fixture.in_threads(2, [&](size_t thread) {
    if (thread == 0) {
      CHECK(outcome(store.put("a", "2", {NAVI_F_DURABLE})) == "OK");
      done = true;
      return;
    }
    while (!done && !io::report().stalled) std::this_thread::yield();
    while (!done && reads < kReadsInside) {
      CHECK(store.get("a"));
      reads += io::report().stalled ? 1 : 0;
    }
    io::inject({});
  });
  held = io::report().faults > before;
  return reads;
}

}  // namespace

NAVI_CASE("H.counter", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  REQUIRE(outcome(store.put("counter", "0")) == "OK");
  constexpr size_t kThreads = 4;
  constexpr int kEach = 150;
  fixture.in_threads(kThreads, [&](size_t) {
    for (int done = 0, tries = 0; done < kEach && tries < 200'000; ++tries) {
      const std::optional<Item> item = store.get("counter");
      if (!item) return;
      const std::string next = std::to_string(std::stoi(item->value) + 1);
      const TxnResult result =
          store.txn(Txn().revision_is("counter", item->revision).put("counter", next));
      done += result.ok() ? 1 : 0;
    }
  });
  CHECK_MESSAGE(store.dump() == "counter=600", "4 threads counted to 150 each by compare-and-swap");
}

NAVI_CASE("H.bank", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  open_accounts(store);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  fixture.in_threads(4, [&](size_t thread) {
    std::mt19937_64 random(fixture.job().seed + thread);
    for (int i = 0; i < 400 && thread < 2; ++i) transfer(store, random);
    if (thread < 2) stop = true;
    for (int i = 0; thread >= 2 && (i < 100 || !stop) && i < 20'000; ++i) {
      const ReadAnswer all = store.read(accounts(), {NAVI_F_SNAPSHOT});
      int sum = 0;
      for (const auto &item : all.items) sum += item ? std::stoi(item->value) : 0;
      wrong += sum == kAccounts * kDeposit ? 0 : 1;
    }
  });
  CHECK_MESSAGE(wrong == 0, "SNAPSHOT reads in which the accounts' sum was not 800");
  int sum = 0;
  for (const Item &item : store.scan_all()) sum += std::stoi(item.value);
  CHECK_MESSAGE(sum == kAccounts * kDeposit, "the accounts' sum at the end");
}

// Each transaction writes one number into all keys: a scan that shows two numbers is of two states.
NAVI_CASE("H.scan_one_state", kGate, needs()) {
  Store &store = fixture.store();
  store.set_guard(Guard::kPoison);
  const auto write = [&store](int number) {
    Txn txn;
    for (const std::string &name : accounts()) txn.put(name, std::to_string(number));
    return store.txn(txn).ok();
  };
  REQUIRE(write(0));
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> scans{0};
  fixture.in_threads(3, [&](size_t thread) {
    // On a busy machine a thread may be through before another has begun.
    const auto enough = [&](int number) { return number >= 400 && scans >= 100; };
    for (int number = 1; thread == 0 && !enough(number) && number < 20'000; ++number) {
      if (!write(number)) break;
    }
    if (thread == 0) stop = true;
    ScanRequest request;
    request.flags = thread == 1 ? NAVI_F_REVERSE : 0;
    for (int i = 0; thread != 0 && (i < 50 || !stop) && i < 20'000; ++i) {
      const ScanAnswer answer = store.scan(request);
      bool whole = answer.items.size() == kAccounts;
      for (const Item &item : answer.items) whole = whole && item.value == answer.items[0].value;
      torn += whole ? 0 : 1;
      ++scans;
    }
  });
  CHECK_MESSAGE(torn == 0, "scans that mixed two states, of " << scans);
}

// FAST_READS promises an event loop that a read does not wait for the disk of a writer. So while
// the n-th fsync of a durable put is held, reads must begin and end. Counted, not timed: a machine
// that is busy with something else delays them, and gets more rounds.
NAVI_CASE("H.reads_during_fsync", kGate, needs(kFastReads, kPersistent, kConcurrent)) {
  io::watch(fixture.data_dir());
  Store &store = fixture.store();
  REQUIRE(outcome(store.put("a", "1", {NAVI_F_DURABLE})) == "OK");
  REQUIRE(store.get("a"));
  bool held = true;
  uint64_t sync = 1;
  for (; held && sync <= kHeldSyncs; ++sync) {
    int reads = 0;
    for (int round = 0; held && reads < kReadsInside && round < kRounds; ++round) {
      reads = reads_while_held(fixture, store, sync, held);
    }
    CHECK_MESSAGE((!held || reads == kReadsInside),
                  "reads wait while fsync " << sync << " of a durable put is held");
  }
  if (!held && sync == 2)
    return fixture.warn("no fsync of a durable put was seen: reads during it unverified");
}

// A store is bound to no thread, SINGLE_THREADED or not: the host calls it from whichever it likes.
NAVI_CASE("H.other_threads", kGate, needs()) {
  Store &store = fixture.store();
  for (size_t turn = 0; turn < 4; ++turn) {
    fixture.in_threads(1, [&](size_t) {
      const std::string key = "key" + std::to_string(turn);
      CHECK(outcome(store.put(key, "v")) == "OK");
      CHECK(store.get(key));
      CHECK(store.scan_all().size() == turn + 1);
    });
  }
  CHECK(store.scan_all().size() == 4);
  fixture.in_threads(4, [&](size_t thread) {  // the harness serialises them if it has to
    for (int i = 0; i < 20; ++i) {
      const std::string key = std::to_string(thread) + "-" + std::to_string(i);
      CHECK(outcome(store.put(key, "v")) == "OK");
    }
  });
  CHECK(store.scan_all().size() == 84);
  fixture.in_threads(1, [&](size_t) { fixture.close(); });
  fixture.in_threads(1, [&](size_t) {
    Store &again = fixture.store();
    CHECK(again.scan_all().size() == (again.has(kPersistent) ? 84 : 0));
  });
}

}  // namespace navistore::conformance
