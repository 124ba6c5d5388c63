// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/sdk/toy_store.hpp"

using navistore::backend::FullToyStore;
using navistore::backend::Opened;

namespace {

int32_t ignore_item(void * /*ctx*/, uint64_t /*index*/, const navi_item * /*item*/) noexcept {
  return 0;
}
int32_t stop(void * /*ctx*/, const navi_change * /*change*/) noexcept { return 1; }

constexpr navi_sink kItems = {nullptr, ignore_item};
constexpr navi_change_sink kChanges = {nullptr, stop};

template <class Struct>
Struct flagged(uint32_t flags) {
  Struct request = {};
  request.size = sizeof request;
  request.flags = flags;
  if constexpr (std::is_same_v<Struct, navi_open>) request.ns = "toy";
  return request;
}

// A host that knows more than this header does: fields are appended to its structures.
template <class Struct>
struct Newer {
  Struct known = {};
  uint64_t added = 0;

  Newer() : known(flagged<Struct>(0)) { known.size = sizeof *this; }
};

struct Host {
  Opened<FullToyStore> toy;
  navi_reply reply = {};

  Host() { reply.size = sizeof reply; }
  navi_status call(const navi_read &request) {
    return toy.api().read(toy.handle(), &request, &kItems, &reply, nullptr);
  }
  navi_status call(const navi_scan &request) {
    return toy.api().scan(toy.handle(), &request, &kItems, &reply, nullptr);
  }
  navi_status call(const navi_apply &request) {
    const navi_status applied = toy.api().apply(toy.handle(), &request, nullptr, nullptr);
    CHECK(toy.api().clear(toy.handle(), &request, &reply, nullptr) == applied);
    return applied;
  }
  navi_status call(const navi_tail &request) {
    return toy.find<navi_changes_api>(NAVI_CHANGES_1)
        ->read(toy.handle(), &request, &kChanges, &reply, nullptr);
  }
  navi_status call(const navi_open &request) {
    navi_store *store = nullptr;
    navi_caps caps = {};
    caps.size = sizeof caps;
    const navi_status status = toy.api().open(&request, &store, &caps, nullptr);
    if (status == NAVI_OK) toy.api().close(store);
    return status;
  }
};

// The flag bits that a call does not refuse.
template <class Struct>
uint32_t accepted_flags() {
  Host host;
  uint32_t accepted = 0;
  int others = 0;  // answers that are neither
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    const navi_status status = host.call(flagged<Struct>(bit));
    if (status == NAVI_OK) accepted |= bit;
    others += status != NAVI_OK && status != NAVI_UNSUPPORTED ? 1 : 0;
  }
  CHECK(others == 0);
  return accepted;
}

// `cut`: what the call makes of a request of which only size and flags were sent.
template <class Struct>
void check_tail(navi_status cut = NAVI_OK) {
  Host host;
  Newer<Struct> request;
  CHECK(host.call(request.known) == NAVI_OK);
  request.added = uint64_t{1} << 63;
  CHECK(host.call(request.known) == NAVI_UNSUPPORTED);
  request.known.size -= 1;
  CHECK(host.call(request.known) == NAVI_OK);
  request.known.size = 8;
  CHECK(host.call(request.known) == cut);
  request.known.size = 7;
  CHECK(host.call(request.known) == NAVI_INVALID);
}

}  // namespace

TEST_SUITE("sdk/adapter") {
  TEST_CASE("flags: each call accepts its own and refuses all others") {
    CHECK(accepted_flags<navi_read>() == (NAVI_F_SNAPSHOT | NAVI_F_NO_VALUE | NAVI_F_STALE_OK));
    CHECK(accepted_flags<navi_scan>() ==
          (NAVI_F_NO_VALUE | NAVI_F_STALE_OK | NAVI_F_AFTER | NAVI_F_REVERSE));
    CHECK(accepted_flags<navi_apply>() == NAVI_F_DURABLE);
    CHECK(accepted_flags<navi_tail>() == NAVI_F_NO_VALUE);
    CHECK(accepted_flags<navi_open>() == (NAVI_OPEN_READ_ONLY | NAVI_OPEN_MUST_EXIST));
  }

  TEST_CASE("tail: zero is accepted, anything else refused, a cut request is completed") {
    check_tail<navi_read>();
    check_tail<navi_scan>();
    check_tail<navi_apply>();
    check_tail<navi_tail>();
    check_tail<navi_open>(NAVI_INVALID);
  }

  TEST_CASE("open: a malformed namespace is refused") {
    Host host;
    const auto status_for = [&](const char *ns) {
      navi_open request = flagged<navi_open>(0);
      request.ns = ns;
      return host.call(request);
    };
    const std::string longest(63, 'a');
    for (const char *ns : {"a", "a_b-c", "09", longest.c_str()}) CHECK(status_for(ns) == NAVI_OK);
    const std::string too_long(64, 'a');
    for (const char *ns : {"", "A", "a/b", "..", "a b", "\xc3\xa9", too_long.c_str()}) {
      CHECK(status_for(ns) == NAVI_INVALID);
    }
    CHECK(status_for(nullptr) == NAVI_INVALID);
  }

  TEST_CASE("request: a field that was not sent is zero, not what lies behind it") {
    Host host;
    navi_scan request = flagged<navi_scan>(0);
    request.max_bytes = 1234;
    CHECK(host.call(request) == NAVI_OK);
    CHECK(host.toy.store().last_limit == 1234);
    request.size = offsetof(navi_scan, max_bytes);
    CHECK(host.call(request) == NAVI_OK);
    CHECK(host.toy.store().last_limit == 0);
  }

  TEST_CASE("out: nothing is written past the host's size, and the size stays") {
    Opened<FullToyStore> toy;
    navi_stats stats;
    std::memset(&stats, 0x5a, sizeof stats);
    stats.size = offsetof(navi_stats, bytes);
    CHECK(toy.api().stats(toy.handle(), &stats, nullptr) == NAVI_OK);
    CHECK(stats.size == offsetof(navi_stats, bytes));
    CHECK(stats.items == 3);
    CHECK(stats.bytes == 0x5a5a5a5a5a5a5a5a);

    navi_reply reply;
    std::memset(&reply, 0x5a, sizeof reply);
    reply.size = 8;
    CHECK(toy.api().sync(toy.handle(), 0, &reply, nullptr) == NAVI_OK);
    CHECK(reply.flags == 0);
    CHECK(reply.revision == 0x5a5a5a5a5a5a5a5a);
    reply.size = 4;
    reply.flags = 3;
    CHECK(toy.api().sync(toy.handle(), 0, &reply, nullptr) == NAVI_OK);
    CHECK(reply.flags == 3);
    CHECK(reply.size == 4);
  }

  TEST_CASE("clear: transactions in it are refused") {
    Opened<FullToyStore> toy;
    navi_apply request = flagged<navi_apply>(0);
    const navi_txn txn = {};
    request.txns = &txn;
    request.n = 1;
    navi_reply reply = {};
    reply.size = sizeof reply;
    CHECK(toy.api().clear(toy.handle(), &request, &reply, nullptr) == NAVI_INVALID);
    CHECK(reply.revision == 0);
  }
}
