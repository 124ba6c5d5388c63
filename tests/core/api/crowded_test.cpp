// SPDX-License-Identifier: Apache-2.0
// Many requests at once, and large ones: what is refused, what waits, and where it is worked on.
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "tests/core/api/served.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::Lock;
using navistore::http::testing::RawClient;
using navistore::store::testing::eventually;
using navistore::store::testing::memory_backend;
using navistore::store::testing::Trial;
using testing::Answer;
using testing::Rig;
using testing::Served;

namespace {

// Occupies the reader pool, until release(), with so many tasks at most.
class HeldReaders {
 public:
  HeldReaders(navistore::store::Store &store, size_t tasks) {
    const auto gate = gate_.get_future().share();
    while (tasks-- != 0 && store.on_reader_pool([gate] { gate.wait(); })) {
    }
  }
  void release() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
};

bool waiting(Rig &rig, size_t count) {
  return eventually([&] {
    return rig.ask("GET /metrics")
               .find("\nnavistore_waiting_requests " + std::to_string(count) + "\n") !=
           std::string::npos;
  });
}

Answer waiting_list(Rig &rig, const std::string &prefix) {
  const std::string line = "GET /v1/kv?prefix=" + prefix;
  const std::string list = rig.ask(line);
  std::smatch match;
  std::regex_search(list, match, std::regex("ETag: (\"[^\n]*\")"));
  return rig.start(line + "\nIf-None-Match: " + match[1].str() + "\nPrefer: wait=60");
}

std::string txn(size_t bytes) {
  return "POST /v1/txn\nContent-Type: application/json\n\n"
         R"({"do":[{"op":"put","key":"a","value":")" +
         std::string(bytes, 'v') + "\"}]}";
}

// The status that the head alone brings, though the body never comes.
std::string status_of_head(const Served &served, const std::string &line,
                           const std::string &fields) {
  RawClient client = served.connect();
  client.send(line + " HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: 1000000\r\n\r\n");
  if (!client.wait_readable(std::chrono::seconds(5))) return "waits for the body";
  return client.receive_answer().substr(9, 3);
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("crowded: lists that are woken while the reader pool is full wait on") {
  Rig rig;
  rig.ask("PUT /v1/kv/app/a\n\n1");
  constexpr size_t kLists = 64;  // more than there are readers, which may take one each
  std::vector<Answer> lists;
  for (size_t i = 0; i < kLists; ++i) lists.push_back(waiting_list(rig, "app/"));
  const Answer later = rig.start("GET /v1/kv/z\nPrefer: wait=60");
  REQUIRE(waiting(rig, kLists + 1));
  HeldReaders readers(rig.store(), SIZE_MAX);
  REQUIRE(rig.status("PUT /v1/kv/app/a\n\n2") == "200");
  REQUIRE(rig.status("PUT /v1/kv/z\n\n1") == "201");
  CHECK(later.text().substr(0, 3) == "200");  // woken after the lists were
  readers.release();
  for (const Answer &list : lists) CHECK(list.text().substr(0, 3) == "200");
}

TEST_CASE("crowded: an expiry elsewhere does not wake the lists that wait") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  REQUIRE(rig.status("PUT /v1/kv/a?ttl=2s\n\n1") == "201");
  std::vector<Answer> lists;
  constexpr size_t kLists = 20;
  for (size_t i = 0; i < kLists; ++i) {
    lists.push_back(waiting_list(rig, "w" + std::to_string(i) + "/"));
  }
  REQUIRE(waiting(rig, kLists));
  const auto looks = [&] {
    const Lock lock(trial.mutex);
    return trial.looks;
  };
  const unsigned before = looks();
  const uint64_t revision = rig.store().revision();
  REQUIRE(eventually([&] { return rig.store().revision() > revision; }));
  REQUIRE(rig.status("PUT /v1/kv/w19/a\n\n1") == "201");
  CHECK(lists.back().text().substr(0, 3) == "200");
  CHECK(looks() - before < kLists / 2);
}

TEST_CASE("crowded: a large transaction is read on the reader pool, a small one right away") {
  Rig rig;
  HeldReaders readers(rig.store(), 64);
  CHECK(rig.start(txn(60'000)).text().substr(0, 3) == "200");
  const Answer large = rig.start(txn(70'000));
  CHECK_FALSE(large.ready());
  readers.release();
  CHECK(large.text().substr(0, 3) == "200");
}

TEST_CASE("crowded: a large body is not read when the head is refused") {
  const std::string json = "Content-Type: application/json\r\n";
  const std::string text = "Content-Type: text/plain\r\n";
  const Served served(memory_backend());
  CHECK(status_of_head(served, "POST /v1/replication/apply", text) == "404");
  CHECK(status_of_head(served, "POST /v1/bulk", text) == "415");
  CHECK(status_of_head(served, "POST /v1/txn", text) == "415");
  CHECK(status_of_head(served, "POST /v1/kv/a", json) == "405");
  CHECK(status_of_head(served, "PUT /v1/bulk", json) == "405");
  ServiceOptions options;
  options.writes = ServiceOptions::Writes::kRefused;
  const Served read_only(memory_backend(), options);
  CHECK(status_of_head(read_only, "PUT /v1/kv/a", "") == "503");
  CHECK(status_of_head(read_only, "POST /v1/txn", json) == "503");
}

TEST_SUITE_END();
