// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <new>
#include <stdexcept>

#include "tests/sdk/toy_store.hpp"

using navistore::backend::Failure;
using navistore::backend::FullToyStore;
using navistore::backend::Opened;
using navistore::backend::ToyStore;

namespace {

// What a failing sync() reports, as "status text native retry_ms".
std::string sync_report(const std::function<void()> &trouble) {
  Opened<ToyStore> toy;
  toy.store().trouble = trouble;
  navi_reply reply = {};
  reply.size = sizeof reply;
  navi_error error = {};
  error.size = sizeof error;
  const navi_status status = toy.api().sync(toy.handle(), 0, &reply, &error);
  CHECK(reply.revision == 0);
  CHECK(toy.api().sync(toy.handle(), 0, &reply, nullptr) == status);
  return std::to_string(status) + " " + error.text + " " + std::to_string(error.native) + " " +
         std::to_string(error.retry_ms);
}

// The text that reaches a host whose error has `size` bytes.
std::string text_in(uint32_t size, const std::string &text) {
  Opened<ToyStore> toy;
  toy.store().trouble = [&] { throw Failure(NAVI_IO, text); };
  navi_error error;
  std::memset(&error, 'x', sizeof error);
  error.size = size;
  navi_reply reply = {};
  reply.size = sizeof reply;
  CHECK(toy.api().sync(toy.handle(), 0, &reply, &error) == NAVI_IO);
  const char *raw = reinterpret_cast<const char *>(&error);
  for (size_t i = std::max<size_t>(size, 4); i < sizeof error; ++i) CHECK(raw[i] == 'x');
  return size > 24 ? std::string(error.text) : "";
}

}  // namespace

TEST_SUITE("sdk/adapter") {
  TEST_CASE("throw: each kind of exception becomes its status and text") {
    std::string seen;
    const auto add = [&](const std::string &report) { seen += report + "\n"; };
    add(sync_report([] { throw Failure(NAVI_IO, "disk gone", 5, 20); }));
    add(sync_report([] { throw Failure(NAVI_OK, "not a failure"); }));
    add(sync_report([] { throw std::bad_alloc(); }));
    add(sync_report([] { throw std::runtime_error("odd"); }));
    add(sync_report([] { throw 1; }));
    CHECK(seen ==
          "64 disk gone 5 20\n"
          "66 not a failure 0 0\n"
          "6 out of memory 0 0\n"
          "66 odd 0 0\n"
          "66 an exception that is not a std::exception 0 0\n");
  }

  TEST_CASE("throw: the text is cut to the host's room, between characters") {
    CHECK(text_in(256, std::string(300, 'a')) == std::string(231, 'a'));
    CHECK(text_in(256, std::string(230, 'a') + "\xc3\xa9") == std::string(230, 'a'));
    CHECK(text_in(30, "abcdefgh") == "abcde");
    CHECK(text_in(25, "abc").empty());
    CHECK(text_in(24, "abc").empty());
    CHECK(text_in(8, "abc").empty());
    CHECK(text_in(4, "abc").empty());
    CHECK(text_in(0, "abc").empty());
  }

  TEST_CASE("open: a failure leaves no store and the host's caps alone") {
    navi_open request = {};
    request.size = sizeof request;
    request.ns = "toy";
    navi_caps caps = {};
    caps.size = sizeof caps;
    caps.max_key = 77;
    navi_error error = {};
    error.size = sizeof error;
    int junk = 0;
    auto *store = reinterpret_cast<navi_store *>(&junk);
    request.config = "bad";
    CHECK(Opened<ToyStore>::api().open(&request, &store, &caps, &error) == NAVI_INVALID);
    CHECK(std::string(error.text) == "unknown key \"bad\"");
    CHECK(store == nullptr);
    CHECK(caps.max_key == 77);
    request.config = "none";
    CHECK(Opened<ToyStore>::api().open(&request, &store, &caps, nullptr) == NAVI_INTERNAL);
  }

  TEST_CASE("apply: a throw makes every result unknown again") {
    Opened<ToyStore> toy;
    toy.store().trouble = [] { throw Failure(NAVI_MAYBE, "commit failed"); };
    const navi_txn txns[2] = {};
    navi_result results[2] = {{NAVI_MAYBE, 0, 0, 0}, {NAVI_MAYBE, 0, 0, 0}};
    navi_apply request = {};
    request.size = sizeof request;
    request.txns = txns;
    request.n = 2;
    CHECK(toy.api().apply(toy.handle(), &request, results, nullptr) == NAVI_MAYBE);
    CHECK(results[0].status == NAVI_MAYBE);
    CHECK(results[0].revision == 0);
    CHECK(results[1].status == NAVI_MAYBE);
    toy.store().trouble = [] {};
    CHECK(toy.api().apply(toy.handle(), &request, results, nullptr) == NAVI_OK);
    CHECK(results[1].status == NAVI_OK);
    CHECK(results[1].revision == 6);
  }

  TEST_CASE("changes: of all failures only COMPACTED carries a reply") {
    Opened<FullToyStore> toy;
    const auto &changes = *toy.find<navi_changes_api>(NAVI_CHANGES_1);
    const navi_change_sink sink = {nullptr, nullptr};
    navi_tail request = {};
    request.size = sizeof request;
    navi_reply reply = {};
    reply.size = sizeof reply;
    toy.store().trouble = [] { throw Failure(NAVI_IO, "disk gone"); };
    CHECK(changes.read(toy.handle(), &request, &sink, &reply, nullptr) == NAVI_IO);
    CHECK(reply.revision == 0);
    toy.store().trouble = [] { throw Failure(NAVI_COMPACTED, "before 40"); };
    CHECK(changes.read(toy.handle(), &request, &sink, &reply, nullptr) == NAVI_COMPACTED);
    CHECK(reply.revision == 40);
  }
}
