// SPDX-License-Identifier: Apache-2.0
// Large values that are sent from memory that answers share.
#include "core/api/value_cache.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::store::testing::eventually;
using navistore::store::testing::memory_backend;
using navistore::store::testing::sqlite_backend;
using navistore::store::testing::Trial;
using testing::Rig;

namespace {

uint64_t known(Rig &rig) { return rig.metric("navistore_values_known_total"); }
uint64_t copied(Rig &rig) { return rig.metric("navistore_values_copied_total"); }
uint64_t bytes(Rig &rig) { return rig.metric("navistore_values_known_bytes"); }

std::string value_of(char letter, size_t size = kLeastKnownValue) {
  return std::string(size, letter);
}

void put(Rig &rig, const std::string &key, const std::string &value) {
  REQUIRE(rig.status("PUT /v1/kv/" + key + "\n\n" + value)[0] == '2');
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("known value: asked for twice it is kept, and sent until it changes") {
  for (const auto &backend : {memory_backend(), sqlite_backend()}) {
    Rig rig(backend);
    put(rig, "a", value_of('a'));
    for (int i = 0; i < 4; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('a'));
    CHECK(copied(rig) == 2);
    CHECK(known(rig) == 2);
    CHECK(bytes(rig) == 1 + kLeastKnownValue);
    put(rig, "a", value_of('b'));
    for (int i = 0; i < 4; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('b'));
    CHECK(known(rig) == 4);
    CHECK(bytes(rig) == 1 + kLeastKnownValue);
    CHECK(rig.status("DELETE /v1/kv/a") == "200");
    CHECK(rig.status("GET /v1/kv/a") == "404");
    put(rig, "a", value_of('c'));
    CHECK(rig.body("GET /v1/kv/a") == value_of('c'));
  }
}

TEST_CASE("known value: what is known says what was written last, also under another epoch") {
  Rig rig;
  put(rig, "a", value_of('a'));
  for (int i = 0; i < 3; ++i) rig.ask("GET /v1/kv/a");
  CHECK(rig.status("POST /v1/admin/reset\nContent-Type: application/json\n\n{}") == "200");
  CHECK(rig.status("GET /v1/kv/a") == "404");
  put(rig, "a", value_of('b'));
  for (int i = 0; i < 3; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('b'));
}

TEST_CASE("known value: none of another epoch is sent, even where its revision begins again") {
  Trial trial(NAVI_CAP_PERSISTENT | NAVI_CAP_SHARED);
  Rig rig(Trial::backend());
  put(rig, "a", value_of('a'));
  for (int i = 0; i < 3; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('a'));
  CHECK(known(rig) == 1);
  const std::string before = rig.epoch();
  {
    const navistore::Lock lock(trial.mutex);
    trial.disks["default"].items["a"].value = value_of('b');
  }
  trial.write_epoch("00000000000000ab");
  CHECK(eventually([&] { return rig.epoch() != before; }));
  for (int i = 0; i < 3; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('b'));
}

TEST_CASE("known value: a shorter one is always copied") {
  Rig rig;
  put(rig, "a", value_of('a', kLeastKnownValue - 1));
  for (int i = 0; i < 4; ++i) {
    CHECK(rig.body("GET /v1/kv/a") == value_of('a', kLeastKnownValue - 1));
  }
  CHECK(known(rig) + copied(rig) == 0);
}

TEST_CASE("known value: HEAD, conditions and the envelope are as ever") {
  Rig rig;
  put(rig, "a", value_of('a'));
  for (int i = 0; i < 3; ++i) rig.ask("GET /v1/kv/a");
  const std::string answer = rig.ask("GET /v1/kv/a");
  const size_t at = answer.find("ETag: ") + 6;
  const std::string tag = answer.substr(at, answer.find('\r', at) - at);
  const std::string head = rig.ask("HEAD /v1/kv/a");
  CHECK(head.find("Content-Length: 65536") != std::string::npos);
  CHECK(head.substr(head.find("\n\n")) == "\n\n");
  CHECK(rig.ask("GET /v1/kv/a\nIf-None-Match: " + tag + "\n\n").substr(0, 3) == "304");
  CHECK(rig.body("GET /v1/kv/a\nIf-Match: " + tag + "\n\n") == value_of('a'));
  const std::string envelope =
      rig.body("GET /v1/kv/a\nAccept: application/vnd.navistore.entry+json\n\n");
  CHECK(envelope.find("\"value\":\"" + value_of('a') + "\"") != std::string::npos);
}

TEST_CASE("known value: the least recently used go first, by bytes and by number") {
  ServiceOptions options;
  options.value_cache_bytes = 4 * (1 + kLeastKnownValue);
  {
    Rig rig(memory_backend(), {}, options);
    for (const char *key : {"a", "b", "c", "d", "e"}) {
      put(rig, key, value_of(key[0]));
      for (int i = 0; i < 2; ++i) rig.ask(std::string("GET /v1/kv/") + key);
    }
    CHECK(bytes(rig) == options.value_cache_bytes);
    CHECK(rig.body("GET /v1/kv/b") == value_of('b'));
    CHECK(known(rig) == 1);
    CHECK(rig.body("GET /v1/kv/a") == value_of('a'));
    CHECK(known(rig) == 1);
    put(rig, "f", value_of('f', kLeastKnownValue + 1));  // one byte more than a quarter
    for (int i = 0; i < 4; ++i) rig.ask("GET /v1/kv/f");
    CHECK(known(rig) == 1);
    CHECK(bytes(rig) == options.value_cache_bytes);
  }
  ValueCache values(size_t{1} << 40);
  const auto body = navistore::http::SealedBody::make("x");
  for (size_t i = 0; i <= ValueCache::kMostValues; ++i) {
    values.keep(std::to_string(i), std::make_shared<KnownValue>(KnownValue{{}, body}));
  }
  CHECK(values.find("0") == nullptr);
  CHECK(values.find("1") != nullptr);
}

TEST_CASE("known value: with no memory for them none is known") {
  ServiceOptions options;
  options.value_cache_bytes = 0;
  Rig rig(memory_backend(), {}, options);
  put(rig, "a", value_of('a'));
  for (int i = 0; i < 3; ++i) CHECK(rig.body("GET /v1/kv/a") == value_of('a'));
  CHECK(known(rig) + copied(rig) == 0);
}

TEST_SUITE_END();
