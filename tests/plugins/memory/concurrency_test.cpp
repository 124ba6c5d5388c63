// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store_fixture.hpp"

using namespace navistore::memory;
using namespace navistore::memory::test;
using navistore::backend::bytes;
using navistore::backend::ItemSink;
using navistore::backend::view;

namespace {

// Pairs of keys "l<i>" and "r<i>" that every transaction writes, or deletes, together.
constexpr unsigned kPairs = 40;

void write_pairs(Store &store, unsigned seed, int count) {
  std::mt19937 random(seed);
  for (int i = 0; i < count; ++i) {
    const std::string pair = std::to_string(random() % kPairs);
    if (random() % 4 == 0) {
      store.apply(Txn().erase("l" + pair).erase("r" + pair));
    } else {
      const std::string value = std::to_string(random()) + std::string(random() % 100, 'x');
      store.apply(Txn().put({"l" + pair, value}).put({"r" + pair, value}));
    }
    if (random() % 500 == 0) {
      navi_reply reply{};
      (*store).clear({}, reply);
    }
  }
}

// What a read or a scan delivered, and whether an item was newer than the reply.
struct Seen {
  std::vector<std::string> items;  // value@revision, by index
  uint64_t newest = 0;
};

int32_t remember(void *context, uint64_t index, const navi_item *item) noexcept {
  auto &seen = *static_cast<Seen *>(context);
  if (seen.items.size() <= index) seen.items.resize(index + 1);
  seen.items[index] = std::string(view(item->value)) + "@" + std::to_string(item->revision);
  seen.newest = std::max(seen.newest, item->revision);
  return 0;
}

// False: a torn transaction or a wrong revision was seen.
bool read_pair(Store &store, unsigned pair) {
  const std::string left = "l" + std::to_string(pair), right = "r" + std::to_string(pair);
  const navi_bytes keys[] = {bytes(left), bytes(right)};
  navi_read request{};
  request.flags = NAVI_F_SNAPSHOT;
  request.keys = keys;
  request.n = 2;
  Seen seen;
  seen.items.resize(2);
  const navi_sink sink{&seen, &remember};
  navi_reply reply{};
  (*store).read(request, ItemSink(sink), reply);
  return seen.items[0] == seen.items[1] && seen.newest <= reply.revision;
}

// All of "l" in order, then all of "r": the halves must be equal.
bool scan_pairs(Store &store, uint32_t flags) {
  navi_scan request{};
  request.flags = flags;
  Seen seen;
  const navi_sink sink{&seen, &remember};
  navi_reply reply{};
  (*store).scan(request, ItemSink(sink), reply);
  const size_t half = seen.items.size() / 2;
  if (seen.items.size() % 2 != 0 || seen.newest > reply.revision) return false;
  for (size_t i = 0; i < half; ++i) {
    if (seen.items[i] != seen.items[half + i]) return false;
  }
  return true;
}

// Follows the changes; false: one is missing or twice, or comes out of order.
struct Follower {
  uint64_t after = 0;
  bool whole = true, in_order = true;
};

int32_t follow(void *context, const navi_change *change) noexcept {
  auto &follower = *static_cast<Follower *>(context);
  const uint64_t expected = follower.whole ? follower.after + 1 : follower.after;
  if (change->item.revision != expected) follower.in_order = false;
  follower.after = change->item.revision;
  follower.whole = (change->flags & NAVI_CHANGE_LAST) != 0;
  return 0;
}

// Of a store whose odd revisions put "k" and whose even ones clear: false if the answer is not the
// state at its revision.
bool read_alternating(Store &store) {
  const navi_bytes key = bytes("k");
  navi_read request{};
  request.keys = &key;
  request.n = 1;
  Seen seen;
  const navi_sink sink{&seen, &remember};
  navi_reply reply{};
  (*store).read(request, ItemSink(sink), reply);
  return seen.newest == (reply.revision % 2 == 1 ? reply.revision : 0);
}

void ring(void *context) noexcept { ++*static_cast<std::atomic<int> *>(context); }

}  // namespace

TEST_SUITE("plugins/memory/concurrency") {
  TEST_CASE("concurrency: reads, scans and changes see whole transactions beside two writers") {
    Store store(R"({"history":100000000})");
    std::atomic<int> writing{2};
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 2; ++seed) {
      threads.emplace_back([&, seed] {
        write_pairs(store, seed, 8000);
        --writing;
      });
    }
    std::atomic<int> torn{0};
    threads.emplace_back([&] {
      for (unsigned i = 0; writing != 0; ++i) torn += read_pair(store, i % kPairs) ? 0 : 1;
    });
    threads.emplace_back([&] {
      while (writing != 0) {
        torn += scan_pairs(store, 0) ? 0 : 1;
        torn += scan_pairs(store, NAVI_F_REVERSE) ? 0 : 1;
      }
    });
    threads.emplace_back([&] {
      while (writing != 0) {
        (*store).verify(0);
        (*store).compact(0);
      }
    });
    Follower follower;
    const navi_change_sink sink{&follower, &follow};
    for (bool last = false; !last;) {
      last = writing == 0;
      navi_tail request{};
      request.after = follower.after;
      request.max_items = 100;
      navi_reply reply{};
      (*store).changes(request, navistore::backend::ChangeSink(sink), reply);
      last = last && reply.flags == 0;
    }
    for (std::thread &thread : threads) thread.join();
    CHECK(torn == 0);
    CHECK((follower.in_order && follower.whole));
    CHECK(follower.after == store.stats().revision);
  }

  TEST_CASE("concurrency: an answer is the state at its revision, beside puts and clears") {
    Store store(R"({"history":5})");
    std::atomic<bool> writing{true};
    std::thread writer([&] {
      for (int i = 0; i < 20000; ++i) {
        store.put("k", "v");
        navi_reply reply{};
        (*store).clear({}, reply);
      }
      writing = false;
    });
    int wrong = 0;
    while (writing) wrong += read_alternating(store) ? 0 : 1;
    writer.join();
    CHECK(wrong == 0);
  }

  TEST_CASE("concurrency: single keys never go back") {
    Store store(R"({"history":5})");
    store.put("k", "0");
    std::atomic<bool> writing{true};
    std::thread writer([&] {
      for (int i = 0; i < 20000; ++i) store.put("k", std::to_string(i));
      writing = false;
    });
    int back = 0;
    for (long before = 0; writing;) {
      const long now = std::stol(store.get("k"));
      if (now < before) ++back;
      before = now;
    }
    writer.join();
    CHECK(back == 0);
  }

  TEST_CASE("concurrency: the bell rings after a commit, and never after it was taken away") {
    Store store;
    std::atomic<int> rings{0};
    store.put("a", "1");
    (*store).arm(&ring, &rings);
    store.put("a", "2");
    CHECK(rings == 1);
    store.erase("missing");
    CHECK(rings == 1);
    std::thread writer([&] {
      for (int i = 0; i < 2000; ++i) store.put("a", "3");
    });
    (*store).arm(nullptr, nullptr);
    const int last = rings;
    writer.join();
    CHECK(rings == last);
  }
}
