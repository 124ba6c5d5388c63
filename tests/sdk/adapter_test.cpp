// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "tests/sdk/toy_store.hpp"

using navistore::backend::FullToyStore;
using navistore::backend::Opened;
using navistore::backend::ToyStore;

NAVISTORE_BACKEND(ToyStore, "org.navistore.toy", "1.2.3", "a toy");

namespace {

thread_local size_t allocations = 0;

int32_t count_items(void *ctx, uint64_t /*index*/, const navi_item * /*item*/) noexcept {
  return ++*static_cast<int *>(ctx) == 2;
}
int32_t count_changes(void *ctx, const navi_change * /*change*/) noexcept {
  return ++*static_cast<int *>(ctx) == 3;
}
void ring(void *ctx) noexcept { ++*static_cast<int *>(ctx); }

navi_reply empty_reply() {
  navi_reply reply = {};
  reply.size = sizeof reply;
  return reply;
}

}  // namespace

void *operator new(size_t size) {
  ++allocations;
  if (void *memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t /*size*/) noexcept { std::free(memory); }

TEST_SUITE("sdk/adapter") {
  TEST_CASE("entry: the macro fills every field") {
    const navi_entry &entry = navistore_backend_entry;
    const uint8_t magic[8] = NAVI_MAGIC;
    CHECK(std::memcmp(entry.magic, magic, sizeof magic) == 0);
    CHECK(entry.size == 64);
    CHECK(entry.header == NAVI_HEADER);
    CHECK(std::string(entry.id) + " " + entry.version + " " + entry.about ==
          "org.navistore.toy 1.2.3 a toy");
    CHECK(entry.get_interface(NAVI_STORE_1) == &Opened<ToyStore>::api());
    CHECK((entry.zero[0] | entry.zero[1]) == 0);
  }

  TEST_CASE("get_interface: optional interfaces follow the members") {
    using Plain = Opened<ToyStore>;
    using Full = Opened<FullToyStore>;
    CHECK(Plain::find<void>(NAVI_CHANGES_1) == nullptr);
    CHECK(Plain::find<void>(NAVI_WATCH_1) == nullptr);
    CHECK(Plain::find<void>(NAVI_UPKEEP_1) == nullptr);
    CHECK(Full::find<navi_changes_api>(NAVI_CHANGES_1)->size == sizeof(navi_changes_api));
    CHECK(Full::find<navi_watch_api>(NAVI_WATCH_1)->size == sizeof(navi_watch_api));
    CHECK(Full::find<navi_upkeep_api>(NAVI_UPKEEP_1)->size == sizeof(navi_upkeep_api));
    CHECK(Full::find<void>("navistore.store/2") == nullptr);
    CHECK(Full::find<void>("") == nullptr);
  }

  TEST_CASE("read: reaches the store, the sink stops it, and nothing is allocated") {
    Opened<ToyStore> toy;
    const navi_bytes keys[3] = {};
    navi_read request = {};
    request.size = sizeof request;
    request.flags = NAVI_F_SNAPSHOT | NAVI_F_NO_VALUE | NAVI_F_STALE_OK;
    request.keys = keys;
    request.n = 3;
    int items = 0;
    const navi_sink sink = {&items, count_items};
    navi_reply reply = empty_reply();
    const size_t before = allocations;
    const navi_status status = toy.api().read(toy.handle(), &request, &sink, &reply, nullptr);
    const size_t after = allocations;
    CHECK(status == NAVI_OK);
    CHECK(after == before);
    CHECK(items == 2);
    CHECK(reply.revision == 5);
    CHECK(toy.store().last_flags == request.flags);
  }

  TEST_CASE("the other mandatory calls reach the store and answer") {
    Opened<ToyStore> toy;
    navi_reply reply = empty_reply();
    CHECK(toy.api().sync(toy.handle(), 0, &reply, nullptr) == NAVI_OK);
    CHECK(reply.revision == 8);
    navi_apply nothing = {};
    nothing.size = sizeof nothing;
    CHECK(toy.api().apply(toy.handle(), &nothing, nullptr, nullptr) == NAVI_OK);
    CHECK(toy.api().clear(toy.handle(), &nothing, &reply, nullptr) == NAVI_OK);
    CHECK(reply.revision == 9);
    navi_stats stats = {};
    stats.size = sizeof stats;
    CHECK(toy.api().stats(toy.handle(), &stats, nullptr) == NAVI_OK);
    CHECK(stats.items == 3);
    CHECK(stats.next_expiry_ms == 4);
    toy.api().interrupt(toy.handle());
    CHECK(toy.store().interrupts == 1);
  }

  TEST_CASE("the optional calls reach the store and answer") {
    Opened<FullToyStore> toy;
    const auto &changes = *toy.find<navi_changes_api>(NAVI_CHANGES_1);
    const auto &watch = *toy.find<navi_watch_api>(NAVI_WATCH_1);
    const auto &upkeep = *toy.find<navi_upkeep_api>(NAVI_UPKEEP_1);
    int seen = 0;
    const navi_change_sink sink = {&seen, count_changes};
    navi_tail tail = {};
    tail.size = sizeof tail;
    navi_reply reply = empty_reply();
    CHECK(changes.read(toy.handle(), &tail, &sink, &reply, nullptr) == NAVI_OK);
    CHECK(seen == 3);
    CHECK(reply.revision == 40);
    CHECK(changes.trim(toy.handle(), 12, nullptr) == NAVI_OK);
    CHECK(toy.store().trimmed == 12);
    int rung = 0;
    CHECK(watch.arm(toy.handle(), ring, &rung, nullptr) == NAVI_OK);
    CHECK(watch.arm(toy.handle(), nullptr, nullptr, nullptr) == NAVI_OK);
    CHECK(rung == 1);
    CHECK(upkeep.purge(toy.handle(), 100, 11, &reply, nullptr) == NAVI_OK);
    CHECK(reply.revision == 111);
    CHECK(upkeep.compact(toy.handle(), 0, nullptr) == NAVI_OK);
    CHECK(upkeep.verify(toy.handle(), 0, nullptr) == NAVI_CORRUPT);
    CHECK(upkeep.backup(toy.handle(), "four", &reply, nullptr) == NAVI_OK);
    CHECK(reply.revision == 4);
  }

  TEST_CASE("view and bytes: empty in both directions") {
    using navistore::backend::bytes;
    using navistore::backend::view;
    CHECK(view({nullptr, 0}).empty());
    CHECK(bytes("").len == 0);
    CHECK(view(bytes("a\xff")) == "a\xff");
  }
}
