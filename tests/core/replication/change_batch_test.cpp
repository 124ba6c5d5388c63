// SPDX-License-Identifier: Apache-2.0
#include "core/replication/change_batch.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace navistore::replication;
namespace store = navistore::store;

namespace {

std::string meta(uint64_t ms, store::Stamp stamp = {}) {
  store::Meta meta;
  stamp.ms = ms;
  meta.stamp = stamp;
  std::string encoded;
  store::encode_meta(meta, encoded);
  return encoded;
}

std::string tombstone() {
  store::Meta meta;
  meta.stamp = {7, 0, 1};
  meta.tombstone = true;
  std::string encoded;
  store::encode_meta(meta, encoded);
  return encoded;
}

// "1.2>5 (3,4] [a=x@0] [b=@9 c=y@0]"
std::string text(const navistore::Result<ChangeBatch> &decoded) {
  if (!decoded) return decoded.error().message;
  const ChangeBatch &batch = decoded.value();
  std::string out = std::to_string(batch.node) + "." + std::to_string(batch.epoch) + ">" +
                    std::to_string(batch.peer_epoch) + " (" + std::to_string(batch.after) + "," +
                    std::to_string(batch.through) + "]";
  for (const ChangedTogether &changes : batch.transactions) {
    out += " [";
    for (const Change &change : changes) {
      if (out.back() != '[') out += ' ';
      out.append(change.key).append("=").append(change.value);
      out += "@" + std::to_string(change.expires_ms);
    }
    out += "]";
  }
  return out;
}

const std::string kMeta = meta(5);
const std::string kTombstone = tombstone();

ChangeBatch sample() {
  ChangeBatch batch;
  batch.node = 1;
  batch.epoch = UINT64_MAX;
  batch.peer_epoch = 5;
  batch.after = 3;
  batch.through = 400;
  batch.transactions = {{{"a", "x", kMeta, 0}}, {{"b", "", kTombstone, 9}, {"c", "y", "", 0}}};
  return batch;
}

std::string decoded_with(Change change) {
  ChangeBatch batch;
  batch.transactions = {{change}};
  return text(decode(encode(batch)));
}

}  // namespace

TEST_SUITE_BEGIN("core/replication");

TEST_CASE("change batch: what is encoded is decoded, transactions and order kept") {
  const std::string bytes = encode(sample());
  CHECK(text(decode(bytes)) == "1.18446744073709551615>5 (3,400] [a=x@0] [b=@9 c=y@0]");
  CHECK(encode(decode(bytes).value()) == bytes);
  CHECK(sample().changes() == 3);
}

TEST_CASE("change batch: cut anywhere, it is refused") {
  const std::string bytes = encode(sample());
  for (size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, length)));
  }
}

TEST_CASE("change batch: what no server sends is refused, and named") {
  CHECK(text(decode(encode(sample()) + "x")) == "change batch: something follows it");
  CHECK(text(decode("\x87\x02")) == "change batch: of an unknown format");
  CHECK(text(decode("{}")) == "change batch: not one");
  CHECK(decoded_with({"", "x", kMeta, 0}) == "change batch: a key of a wrong length");
  const std::string long_key(1'025, 'k');
  CHECK(decoded_with({long_key, "x", kMeta, 0}) == "change batch: a key of a wrong length");
  const std::string longest_key(1'024, 'k');
  CHECK(decoded_with({longest_key, "x", kMeta, 0}) == "0.0>0 (0,0] [" + longest_key + "=x@0]");
  CHECK(decoded_with({"a", "x", "\x02", 0}) == "change batch: meta of an unknown version");
  CHECK(decoded_with({"a", "x", kTombstone, 9}) == "change batch: a tombstone with a value");
  CHECK(decoded_with({"a", "", kTombstone, 0}) == "change batch: a tombstone for ever");
  ChangeBatch twice;
  twice.transactions = {{{"a", "x", kMeta, 0}, {"a", "y", kMeta, 0}}};
  CHECK(text(decode(encode(twice))) == "change batch: a key twice");
  ChangeBatch backwards;
  backwards.after = 2;
  backwards.through = 1;
  CHECK(text(decode(encode(backwards))) == "change batch: a range that ends before it begins");
  ChangeBatch empty;
  empty.transactions = {{}};
  CHECK(text(decode(encode(empty))) == "change batch: not a transaction");
}

TEST_CASE("change batch: a count that the bytes cannot hold allocates nothing") {
  // [1,0,0,0,0,0,[[2^32-1 changes
  CHECK(text(decode(std::string("\x87\x01\x00\x00\x00\x00\x00\x81\x9a\xff\xff\xff\xff", 13))) ==
        "change batch: cut");
}

TEST_SUITE_END();
