// SPDX-License-Identifier: Apache-2.0
#include "core/replication/change_batch.hpp"

#include <unordered_set>
#include <utility>

#include "core/store/cbor.hpp"

namespace navistore::replication {
namespace {

using store::cbor::append_head;
using store::cbor::append_string;
using store::cbor::Major;
using store::cbor::Reader;

constexpr uint64_t kFormat = 1;
constexpr uint64_t kBatchFields = 7;
constexpr uint64_t kChangeFields = 4;
constexpr size_t kLongestKey = 1'024;

void append_change(const Change &change, std::string &out) {
  append_head(out, Major::kArray, kChangeFields);
  append_string(out, Major::kBytes, change.key);
  append_string(out, Major::kBytes, change.value);
  append_string(out, Major::kBytes, change.meta);
  append_head(out, Major::kUnsigned, change.expires_ms);
}

Error malformed(std::string_view what) {
  return {Code::kInvalid, "change batch: " + std::string(what)};
}

bool read_change(Reader &reader, Change &change) {
  uint64_t fields = 0;
  return reader.head(Major::kArray, fields) && fields == kChangeFields &&
         reader.string(Major::kBytes, change.key) && reader.string(Major::kBytes, change.value) &&
         reader.string(Major::kBytes, change.meta) &&
         reader.head(Major::kUnsigned, change.expires_ms);
}

const char *fault_of(const Change &change) {
  if (change.key.empty() || change.key.size() > kLongestKey) return "a key of a wrong length";
  if (change.meta.empty()) return nullptr;
  const store::MetaView meta(change.meta);
  if (!meta.valid()) return "meta of an unknown version";
  if (!meta.tombstone()) return nullptr;
  if (!change.value.empty()) return "a tombstone with a value";
  return change.expires_ms == 0 ? "a tombstone for ever" : nullptr;
}

Result<ChangedTogether> read_transaction(Reader &reader) {
  uint64_t count = 0;
  if (!reader.head(Major::kArray, count) || count == 0) return malformed("not a transaction");
  // A change takes five bytes at least: what is announced cannot make us allocate more than that.
  if (count > reader.rest().size() / 5) return malformed("cut");
  ChangedTogether changes(count);
  std::unordered_set<std::string_view> keys;
  for (Change &change : changes) {
    if (!read_change(reader, change)) return malformed("not a change, or cut");
    if (const char *fault = fault_of(change)) return malformed(fault);
    if (count > 1 && !keys.insert(change.key).second) return malformed("a key twice");
  }
  return changes;
}

}  // namespace

size_t ChangeBatch::changes() const {
  size_t sum = 0;
  for (const ChangedTogether &transaction : transactions) sum += transaction.size();
  return sum;
}

std::string encode(const ChangeBatch &batch) {
  std::string out;
  append_head(out, Major::kArray, kBatchFields);
  for (const uint64_t field :
       {kFormat, batch.node, batch.epoch, batch.peer_epoch, batch.after, batch.through}) {
    append_head(out, Major::kUnsigned, field);
  }
  append_head(out, Major::kArray, batch.transactions.size());
  for (const ChangedTogether &transaction : batch.transactions) {
    append_head(out, Major::kArray, transaction.size());
    for (const Change &change : transaction) append_change(change, out);
  }
  return out;
}

Result<ChangeBatch> decode(std::string_view bytes) {
  Reader reader(bytes);
  ChangeBatch batch;
  uint64_t fields = 0;
  uint64_t format = 0;
  if (!reader.head(Major::kArray, fields) || !reader.head(Major::kUnsigned, format)) {
    return malformed("not one");
  }
  if (format != kFormat || fields != kBatchFields) return malformed("of an unknown format");
  uint64_t count = 0;
  for (uint64_t *field :
       {&batch.node, &batch.epoch, &batch.peer_epoch, &batch.after, &batch.through}) {
    if (!reader.head(Major::kUnsigned, *field)) return malformed("expected a number");
  }
  if (batch.after > batch.through) return malformed("a range that ends before it begins");
  if (!reader.head(Major::kArray, count)) return malformed("expected transactions");
  for (; count != 0; --count) {
    auto transaction = read_transaction(reader);
    if (!transaction) return std::move(transaction).error();
    batch.transactions.push_back(std::move(transaction).value());
  }
  if (!reader.rest().empty()) return malformed("something follows it");
  return batch;
}

}  // namespace navistore::replication
