// SPDX-License-Identifier: Apache-2.0
#include "core/replication/applier.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/core/replication/direct_channel.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::replication;
using namespace navistore::replication::testing;
using namespace navistore::store::testing;
namespace store = navistore::store;

namespace {

std::string meta(uint64_t ms) {
  store::Meta meta;
  meta.stamp = {ms, 0, 99};
  std::string encoded;
  store::encode_meta(meta, encoded);
  return encoded;
}

std::string text(const navistore::Result<Receipt> &receipt) {
  if (!receipt) return receipt.error().message;
  return "applied " + std::to_string(receipt.value().applied) + ", ignored " +
         std::to_string(receipt.value().ignored);
}

ChangeBatch batch_of(std::vector<ChangedTogether> transactions) {
  ChangeBatch batch;
  batch.node = 99;
  batch.epoch = 5;
  batch.after = 10;
  batch.through = 20;
  batch.transactions = std::move(transactions);
  return batch;
}

// From a source that knows the store.
ChangeBatch batch_for(store::Store &store, std::vector<ChangedTogether> transactions = {}) {
  ChangeBatch batch = batch_of(std::move(transactions));
  batch.peer_epoch = store.epoch();
  return batch;
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("applier: says what it applied and what it ignored as older") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  const std::string older = meta(10);
  const std::string newer = meta(20);
  const std::string batch = encode(
      batch_for(*store, {{{"a", "1", newer, 0}}, {{"a", "0", older, 0}, {"b", "2", newer, 0}}}));
  CHECK(text(applier.apply(batch)) == "applied 2, ignored 1");
  CHECK(dump(*store) == "a=1 b=2");
  CHECK(text(applier.apply(batch)) == "applied 0, ignored 3");
  CHECK(store->replicating());
  CHECK(applier.applied_of(5) == 20);
  CHECK_FALSE(applier.applied_of(6));
}

TEST_CASE("applier: a stamp too far ahead of the clock is refused, and nothing applied") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  const std::string near = meta(store->now_ms() + kMaxSkewMs - 10'000);
  const std::string far = meta(store->now_ms() + kMaxSkewMs + 60'000);
  CHECK(text(applier.apply(encode(batch_of({{{"a", "1", near, 0}}})))) == "applied 1, ignored 0");
  const auto refused =
      applier.apply(encode(batch_of({{{"b", "1", near, 0}}, {{"c", "1", far, 0}}})));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == navistore::Code::kRefused);
  CHECK(refused.error().message.find("ahead of this server's clock") != std::string::npos);
  CHECK(dump(*store) == "a=1");
  CHECK(applier.counts().refused == 1);
  CHECK_FALSE(applier.apply(encode(batch_of({{{"c", "1", far, 0}, {"d", "1", near, 0}}}))));
  CHECK_FALSE(applier.apply(encode(batch_of({{{"c", "1", far, 0}}, {{"d", "1", near, 0}}}))));
  CHECK(dump(*store) == "a=1");
  CHECK(applier.counts().refused == 3);
}

TEST_CASE("applier: what came of a source is the furthest, whatever is sent again") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  ChangeBatch batch = batch_for(*store);
  REQUIRE(applier.apply(batch));
  ChangeBatch earlier = batch;
  earlier.after = 5;
  earlier.through = 10;
  REQUIRE(applier.apply(earlier));
  CHECK(applier.applied_of(5) == 20);
  ChangeBatch page = batch;  // of a resync
  page.epoch = 6;
  page.after = page.through = 0;
  REQUIRE(applier.apply(page));
  CHECK_FALSE(applier.applied_of(6));
}

TEST_CASE(
    "applier: what a store had before its reset counts no more, nor what is sent to that one") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  const ChangeBatch before = batch_for(*store);
  REQUIRE(applier.apply(before));
  CHECK(applier.applied_of(5) == 20);
  reset(*store);
  CHECK_FALSE(applier.applied_of(5));
  REQUIRE(applier.apply(before));
  CHECK_FALSE(applier.applied_of(5));
  REQUIRE(applier.apply(batch_of({})));  // from a source that knows no store yet
  CHECK_FALSE(applier.applied_of(5));
  ChangeBatch other = batch_for(*store);
  other.epoch = 6;
  REQUIRE(applier.apply(other));
  CHECK(applier.applied_of(6) == 20);
  CHECK_FALSE(applier.applied_of(5));
}

TEST_CASE("applier: of 1,024 sources is remembered what came, of further ones nothing") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  ChangeBatch batch = batch_for(*store);
  for (batch.epoch = 1; batch.epoch <= 1'025; ++batch.epoch) REQUIRE(applier.apply(batch));
  CHECK(applier.applied_of(1'024) == 20);
  CHECK_FALSE(applier.applied_of(1'025));
  batch.epoch = 1;
  batch.through = 30;
  REQUIRE(applier.apply(batch));
  CHECK(applier.applied_of(1) == 30);
}

TEST_CASE("applier: a batch of which something failed is no acknowledgement") {
  Trial trial(NAVI_CAP_PERSISTENT);
  auto store = open_store(Trial::backend());
  Applier applier(*store);
  const std::string newer = meta(20);
  {
    const navistore::Lock lock(trial.mutex);
    trial.next_status = NAVI_NO_SPACE;
  }
  const ChangeBatch batch = batch_for(*store, {{{"a", "1", newer, 0}}});
  const auto failed = applier.apply(batch);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == navistore::Code::kNoSpace);
  CHECK_FALSE(applier.applied_of(5));
  CHECK(text(applier.apply(batch)) == "applied 1, ignored 0");
  CHECK(applier.applied_of(5) == 20);
}

TEST_CASE("applier: a server does not take its own changes") {
  auto store = open_store(memory_backend());
  Applier applier(*store);
  ChangeBatch own = batch_of({});
  own.node = store->node();
  CHECK(text(applier.apply(encode(own))) == "this server is the source of the batch");
}

TEST_CASE("applier: items that no server wrote end with the same value in any order") {
  const std::string first = encode(batch_of({{{"a", "1", "", 0}}}));
  const std::string second = encode(batch_of({{{"a", "2", "", 0}}}));
  auto left = open_store(memory_backend());
  auto right = open_store(memory_backend());
  Applier to_left(*left);
  Applier to_right(*right);
  for (const auto *batch : {&first, &second}) REQUIRE(to_left.apply(*batch));
  for (const auto *batch : {&second, &first}) REQUIRE(to_right.apply(*batch));
  CHECK(dump(*left) == "a=2");
  CHECK(dump(*right) == "a=2");
}

TEST_SUITE_END();
