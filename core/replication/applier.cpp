// SPDX-License-Identifier: Apache-2.0
#include "core/replication/applier.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/replication/outcomes.hpp"
#include "core/telemetry/log.hpp"

namespace navistore::replication {
namespace {

constexpr size_t kMaxSources = 1'024;

store::Transaction transaction_of(const ChangedTogether &changes) {
  store::Transaction transaction;
  transaction.operations.reserve(changes.size());
  for (const Change &change : changes) {
    store::Operation &op = transaction.operations.emplace_back();
    op.kind = store::Operation::Kind::kCopy;
    op.key = change.key;
    op.value = change.value;
    op.meta = change.meta;
    if (change.expires_ms != 0) op.expiry = {store::Expiry::Kind::kAt, change.expires_ms};
  }
  return transaction;
}

}  // namespace

Outcome Applier::check(const ChangeBatch &batch) const {
  if (batch.node == store_.node()) {
    return Error{Code::kInvalid, "this server is the source of the batch"};
  }
  const uint64_t now_ms = store_.now_ms();
  uint64_t newest_ms = 0;
  for (const ChangedTogether &changes : batch.transactions) {
    for (const Change &change : changes) {
      newest_ms = std::max(newest_ms, store::MetaView(change.meta).stamp().ms);
    }
  }
  if (newest_ms <= now_ms + kMaxSkewMs) return Done{};
  return Error{Code::kRefused, "a change is stamped " +
                                   std::to_string((newest_ms - now_ms) / 1000) +
                                   " s ahead of this server's clock, more than the 300 s allowed"};
}

Result<Receipt> Applier::apply(std::string_view encoded) {
  auto decoded = decode(encoded);
  if (!decoded) return std::move(decoded).error();
  return apply(decoded.value());
}

Result<Receipt> Applier::apply(const ChangeBatch &batch) {
  if (Outcome checked = check(batch); !checked) {
    ++refused_;
    telemetry::log(telemetry::Level::kWarning, "replication refused: " + checked.error().message);
    return std::move(checked).error();
  }
  if (Outcome on = store_.start_replicating(); !on) return std::move(on).error();
  const uint64_t epoch = store_.epoch();
  Outcomes outcomes(batch.transactions.size());
  for (const ChangedTogether &changes : batch.transactions) {
    store_.submit(transaction_of(changes),
                  [&](const store::CommitResult &result) { outcomes.add(result); });
  }
  auto receipt = outcomes.wait();
  if (!receipt) return std::move(receipt).error();
  receipt.value().epoch = epoch;
  applied_ += receipt.value().applied;
  ignored_ += receipt.value().ignored;
  note(batch, epoch);
  return receipt;
}

// A source goes on from what an earlier store acknowledged until our receipt tells it that this is
// another one.
void Applier::note(const ChangeBatch &batch, uint64_t epoch) {
  if (batch.through == 0 || batch.peer_epoch != epoch) return;
  const Lock lock(mutex_);
  if (epoch != store_.epoch()) return;  // wiped meanwhile
  if (std::exchange(noted_in_, epoch) != epoch) sources_.clear();
  const auto known = sources_.find(batch.epoch);
  if (known == sources_.end() && sources_.size() == kMaxSources) return;
  uint64_t &revision = sources_[batch.epoch];
  revision = std::max(revision, batch.through);
}

std::optional<uint64_t> Applier::applied_of(uint64_t epoch) const {
  const Lock lock(mutex_);
  const auto known = sources_.find(epoch);
  if (noted_in_ != store_.epoch() || known == sources_.end()) return std::nullopt;
  return known->second;
}

}  // namespace navistore::replication
