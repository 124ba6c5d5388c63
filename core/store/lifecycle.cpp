// SPDX-License-Identifier: Apache-2.0
// How a store opens, survives the death of its backend, and closes.
#include <algorithm>
#include <charconv>
#include <utility>

#include "core/store/store_impl.hpp"

namespace navistore::store {
namespace {

constexpr size_t kMaxQueuedReads = 4'096;
constexpr uint64_t kMaxKey = 1'024;
constexpr uint64_t kMaxOperations = 10'000;  // where the backend has no limit of its own

uint64_t smaller_limit(uint64_t ours, uint64_t capability) {
  return capability == 0 ? ours : std::min(ours, capability);
}

uint64_t revision_in(const std::string &record, uint64_t otherwise) {
  uint64_t revision = 0;
  const char *end = record.data() + record.size();
  const auto [stop, failure] = std::from_chars(record.data(), end, revision);
  return failure == std::errc() && stop == end ? revision : otherwise;
}

unsigned reader_threads(const StoreOptions &options) {
  return std::max(2U, options.reader_threads);
}

}  // namespace

StoreImpl::StoreImpl(host::Backend backend, StoreOptions options)
    : context_(std::move(backend), std::move(options)),
      writer_(context_, {[this] { return recover(); },
                         [this](uint64_t expires_ms) { sweeper_.expects(expires_ms); }}),
      sweeper_(context_, timers_, writer_),
      readers_(reader_threads(context_.options), kMaxQueuedReads),
      reads_(readers_, {reader_threads(context_.options), kMaxQueuedReads},
             [this](const std::string_view *keys, size_t count, Values values, Visitor visit) {
               return read(keys, count, values, visit);
             }) {}

Outcome StoreImpl::start() {
  auto opened = open_backend();
  if (!opened) return std::move(opened).error();
  const navi_stats stats = opened.value().stats;
  if (Outcome adopted = adopt(std::move(opened).value()); !adopted) return adopted;
  find_facts();
  if (Outcome fits = check_limits(); !fits) return fits;
  context_.revision = stats.revision;
  context_.feed =
      std::make_unique<ChangeFeed>(stats.revision, ChangeFeed::Options{}, feed_sources());
  // A store that lost its newest commits may have lost the clear.
  context_.feed->begin_after(std::min(context_.identity.beginning(), stats.revision));
  publish();
  started_ = true;
  timers_.start();
  readers_.start();
  context_.feed->start();
  writer_.start();
  sweeper_.expects(stats.next_expiry_ms);
  schedule_trim();
  return Done{};
}

StoreImpl::~StoreImpl() {
  if (!started_) return;
  {
    const Lock lock(alarm_mutex_);
    trim_alarm_.reset();
  }
  sweeper_.stop();
  writer_.stop();
  if (items_ != nullptr) stop_following();
  context_.feed->stop();
  readers_.stop();
  timers_.stop();
  if (items_ != nullptr) {
    context_.published.withdraw(*items_);
    context_.published.wait_unused();
    // Failing, it costs the next start a fresh epoch, nothing else.
    static_cast<void>(context_.identity.close_at(context_.revision.load()));
  }
}

Result<StoreImpl::Opened> StoreImpl::open_backend() {
  const StoreOptions &options = context_.options;
  Opened opened;
  auto items = BackendStore::open(
      context_.backend, {options.config, options.data_dir, options.ns, options.log}, serial_);
  if (!items) return std::move(items).error();
  opened.items = std::move(items).value();
  if (opened.items->has(NAVI_CAP_PERSISTENT)) {
    auto system = BackendStore::open(
        context_.backend, {options.config, options.data_dir, options.ns + "-system", options.log},
        serial_);
    if (!system) return std::move(system).error();
    opened.system = std::move(system).value();
  }
  const CallStatus status = opened.items->stats(opened.stats);
  if (!status.ok()) return error_from(status, Call::kOpen).in("read the store's revision");
  return opened;
}

Outcome StoreImpl::adopt(Opened opened) {
  system_ = std::move(opened.system);
  items_ = std::move(opened.items);
  items_->on_death([this](BackendStore &store, const Error &why) { died(store, why); });
  // Where its own records cannot be kept, the items are opened again with them.
  if (system_) system_->on_death([this](BackendStore &, const Error &why) { died(*items_, why); });
  if (Outcome loaded = context_.identity.load(system_.get(), opened.stats.revision); !loaded) {
    return loaded;
  }
  auto replicating = context_.identity.record(Identity::Whose::kStore, kReplicating);
  if (!replicating) return std::move(replicating).error();
  if (replicating.value().empty()) return Done{};
  context_.replicating_since = revision_in(replicating.value(), opened.stats.revision);
  context_.replicating = true;
  return Done{};
}

void StoreImpl::find_facts() {
  const navi_caps &caps = items_->caps();
  const host::Backend &backend = context_.backend;
  const bool concurrent = !items_->has(NAVI_CAP_SINGLE_THREADED);
  Facts &facts = context_.facts;
  facts.persistent = items_->has(NAVI_CAP_PERSISTENT);
  facts.shared = items_->has(NAVI_CAP_SHARED);
  facts.full_history = items_->has(NAVI_CAP_FULL_HISTORY);
  facts.changes = backend.changes != nullptr;
  facts.watch = backend.watch != nullptr && facts.changes;
  facts.upkeep = backend.upkeep != nullptr;
  facts.durability = facts.persistent ? context_.options.durability : Durability::kRelaxed;
  // A call that waits for its turn behind a slow one is not fast.
  facts.fast_reads = items_->has(NAVI_CAP_FAST_READS) && concurrent;
  facts.fast_writes =
      items_->has(NAVI_CAP_FAST_WRITES) && concurrent && facts.durability == Durability::kRelaxed;
  facts.max_key = smaller_limit(kMaxKey, caps.max_key);
  facts.max_value = smaller_limit(context_.options.max_value, caps.max_value);
  facts.max_transaction_operations = smaller_limit(kMaxOperations, caps.max_txn_ops);
  facts.max_transaction_bytes = caps.max_txn_bytes;
  context_.max_batch = caps.max_batch;
}

Outcome StoreImpl::check_limits() const {
  if (context_.facts.max_value == context_.options.max_value) return Done{};
  return Error{Code::kInvalid, "--max-value " + std::to_string(context_.options.max_value) +
                                   ": the backend takes values of at most " +
                                   std::to_string(context_.facts.max_value) + " bytes"};
}

ChangeFeed::Sources StoreImpl::feed_sources() {
  ChangeFeed::Sources sources;
  sources.history = [this](uint64_t after, HistoryLimits limits) {
    return read_older(after, limits);
  };
  sources.post = [this](std::function<void()> task) { readers_.post(std::move(task)); };
  if (context_.facts.shared) sources.pull = [this] { pull(); };
  return sources;
}

Result<HistoryPage> StoreImpl::read_older(uint64_t after, HistoryLimits limits) {
  if (!context_.facts.changes) return Error{Code::kUnsupported, "the backend keeps no changes"};
  const auto store = context_.published.use();
  if (!store) return Error{Code::kUnavailable, "the backend is being opened again"};
  return read_history(*store, after, limits);
}

// [any thread] Runs inside of the call that found the store dead.
void StoreImpl::died(BackendStore &store, const Error &why) {
  {
    const Lock lock(health_mutex_);
    sickness_ = {Code::kUnavailable, "the backend failed: " + why.message};
  }
  context_.published.withdraw(store);
  store.interrupt();
  writer_.nudge();
  context_.log(LogLevel::kError, "failed, and is being opened again: " + why.message);
}

// On the committer thread.
bool StoreImpl::recover() {
  context_.published.wait_unused();
  items_.reset();
  system_.reset();
  Outcome reopened = reopen();
  if (reopened) {
    context_.log(LogLevel::kInfo, "is open again");
    return true;
  }
  items_.reset();
  system_.reset();
  context_.log(LogLevel::kWarning, "cannot be opened again yet: " + reopened.error().message);
  const Lock lock(health_mutex_);
  sickness_ = {Code::kUnavailable, std::move(reopened).error().message};
  return false;
}

Outcome StoreImpl::reopen() {
  auto opened = open_backend();
  if (!opened) return std::move(opened).error();
  const navi_stats stats = opened.value().stats;
  const uint64_t epoch = context_.identity.epoch();
  if (Outcome adopted = adopt(std::move(opened).value()); !adopted) return adopted;
  const bool lost = stats.revision < context_.revision.load();
  if (lost && epoch == context_.identity.epoch()) {
    auto renewed = context_.identity.make_epoch();
    if (!renewed) return std::move(renewed).error();
    context_.identity.show_epoch(renewed.value());
  }
  if (epoch != context_.identity.epoch()) {
    const Lock turn(context_.feed_turn);
    context_.revision = stats.revision;
    cleared_at_ = 0;
    context_.feed->begin_after(std::min(context_.identity.beginning(), stats.revision));
    context_.feed->restart(stats.revision, Break::kReset);
  } else if (Outcome told = writer_.reconcile(*items_); !told) {
    return told;
  }
  publish();
  sweeper_.expects(stats.next_expiry_ms);
  return Done{};
}

void StoreImpl::publish() {
  context_.published.publish(*items_);
  if (context_.facts.shared) follow_others();
}

void StoreImpl::schedule_trim() {
  if (!context_.facts.changes) return;
  const Lock lock(alarm_mutex_);
  trim_alarm_ = timers_.at(wall_clock_ms() + context_.options.trim_every_ms,
                           [this] { readers_.post([this] { trim(); }); });
}

void StoreImpl::trim() {
  const uint64_t newest = context_.revision.load();
  const uint64_t history = context_.options.history;
  if (newest > history) {
    const uint64_t wanted = std::min(newest - history, context_.history_floor.load());
    const uint64_t before = std::max(wanted, newest - std::min(newest, 2 * history));
    if (const auto store = context_.published.use()) {
      const CallStatus status = store->trim(before + 1);
      if (!status.ok()) {
        const Error error = error_from(status, Call::kWrite).in("let go of old changes");
        context_.log(LogLevel::kWarning, error.message);
      }
    }
  }
  schedule_trim();
}

}  // namespace navistore::store
