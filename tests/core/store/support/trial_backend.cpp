// SPDX-License-Identifier: Apache-2.0
#include "tests/core/store/support/trial_backend.hpp"

#include <navistore/limits.hpp>

#include <algorithm>

namespace navistore::store::testing {
namespace {

using backend::ChangeSink;
using backend::Failure;
using backend::ItemSink;
using backend::view;

Trial *current_trial = nullptr;

// Counts the calls that run at the same time. SINGLE_THREADED promises one at most.
class Inside {
 public:
  explicit Inside(Trial &trial) : trial_(trial) {
    const Lock lock(trial_.mutex);
    trial_.max_overlapping = std::max(trial_.max_overlapping, ++trial_.overlapping);
  }
  ~Inside() {
    const Lock lock(trial_.mutex);
    --trial_.overlapping;
  }
  Inside(const Inside &) = delete;
  Inside &operator=(const Inside &) = delete;

 private:
  Trial &trial_;
};

navi_item item_of(const std::string &key, const TrialDisk::Item &item) {
  navi_item out{};
  out.key = backend::bytes(key);
  out.value = backend::bytes(item.value);
  out.meta = backend::bytes(item.meta);
  out.revision = item.revision;
  out.expires_ms = item.expires_ms;
  return out;
}

class TrialStore {
 public:
  explicit TrialStore(Trial &trial, std::string ns) : trial_(trial), ns_(std::move(ns)) {}
  ~TrialStore() {
    arm(nullptr, nullptr);
    const Lock lock(trial_.mutex);
    trial_.tails.erase(this);
  }
  TrialStore(const TrialStore &) = delete;
  TrialStore &operator=(const TrialStore &) = delete;

  static std::unique_ptr<TrialStore> open(const navi_open &request, navi_caps &caps);
  void read(const navi_read &request, const ItemSink &sink, navi_reply &reply);
  void apply(const navi_apply &request, navi_result *results);
  void scan(const navi_scan &request, const ItemSink &sink, navi_reply &reply);
  void sync(uint64_t, navi_reply &) {}
  void clear(const navi_apply &request, navi_reply &reply);
  void stats(navi_stats &stats);
  void interrupt() noexcept;
  void changes(const navi_tail &request, const ChangeSink &sink, navi_reply &reply);
  void trim(uint64_t before);
  void arm(void (*bell)(void *) noexcept, void *context);
  void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
  void compact(uint64_t) {
    const Lock lock(trial_.mutex);
    if (trial_.compact_status != NAVI_OK) throw Failure(trial_.compact_status, "told to");
  }
  void verify(uint64_t) {}
  void backup(const char *, navi_reply &) {}

 private:
  TrialDisk &disk() NAVISTORE_REQUIRES(trial_.mutex) { return trial_.disks[ns_]; }
  void wait_while(const bool &held) NAVISTORE_REQUIRES(trial_.mutex);
  void ring() NAVISTORE_REQUIRES(trial_.mutex);
  navi_result judge(const navi_txn &txn, uint64_t now_ms) NAVISTORE_REQUIRES(trial_.mutex);
  void commit(const navi_txn &txn, uint64_t now_ms, navi_result &result)
      NAVISTORE_REQUIRES(trial_.mutex);
  void remove(const std::string &key, uint32_t flags) NAVISTORE_REQUIRES(trial_.mutex);

  Trial &trial_;
  const std::string ns_;
  bool interrupted_ NAVISTORE_GUARDED_BY(trial_.mutex) = false;
};

std::unique_ptr<TrialStore> TrialStore::open(const navi_open &request, navi_caps &caps) {
  Trial &trial = *current_trial;
  const Lock lock(trial.mutex);
  ++trial.open_calls;
  if (trial.open_status != NAVI_OK) throw Failure(trial.open_status, "told to");
  caps.flags = trial.capabilities;
  caps.max_batch = trial.max_batch;
  caps.max_txn_ops = 128;
  const std::string ns = request.ns;
  if (ns == "default") {
    ++trial.opened;
    for (const auto &[level, line] : trial.says) {
      request.host->log(request.host->ctx, level, line.data(), line.size());
    }
  }
  if ((caps.flags & NAVI_CAP_PERSISTENT) == 0) trial.disks.erase(ns);
  return std::make_unique<TrialStore>(trial, ns);
}

void TrialStore::interrupt() noexcept {
  const Lock lock(trial_.mutex);
  interrupted_ = true;
  trial_.changed.notify_all();
}

void TrialStore::wait_while(const bool &held) {
  if (ns_ != "default") return;
  ++trial_.waiting;
  trial_.changed.notify_all();
  while (held && !interrupted_) trial_.changed.wait(trial_.mutex);
  --trial_.waiting;
}

void TrialStore::arm(void (*bell)(void *) noexcept, void *context) {
  const Lock lock(trial_.mutex);
  trial_.bells.erase(this);
  if (bell != nullptr) trial_.bells[this] = {ns_, {bell, context}};
}

void TrialStore::ring() {
  for (const auto &[store, armed] : trial_.bells) {
    if (armed.first == ns_) armed.second.ring(armed.second.context);
  }
}

void TrialStore::read(const navi_read &request, const ItemSink &sink, navi_reply &reply) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  if (ns_ == "default") trial_.reads.push_back(request.n);
  wait_while(trial_.reads_held);
  if (ns_ == "default" && trial_.read_status != NAVI_OK)
    throw Failure(trial_.read_status, "told to");
  reply.revision = disk().revision;
  for (size_t i = 0; i < request.n; ++i) {
    const auto found = disk().items.find(std::string(view(request.keys[i])));
    if (found == disk().items.end()) continue;
    if (!backend::visible(found->second.expires_ms, request.now_ms)) continue;
    if (!sink(i, item_of(found->first, found->second))) return;
  }
}

navi_result TrialStore::judge(const navi_txn &txn, uint64_t now_ms) {
  navi_result result{NAVI_OK, 0, disk().revision, 0};
  for (uint32_t i = 0; i < txn.n_checks; ++i) {
    const auto found = disk().items.find(std::string(view(txn.checks[i].key)));
    const bool live =
        found != disk().items.end() && backend::visible(found->second.expires_ms, now_ms);
    const uint64_t revision = live ? found->second.revision : 0;
    const uint32_t kind = txn.checks[i].kind;
    const bool holds = kind == NAVI_CHECK_ABSENT    ? !live
                       : kind == NAVI_CHECK_PRESENT ? live
                                                    : live && revision == txn.checks[i].revision;
    if (!holds) return {NAVI_CONFLICT, i, disk().revision, revision};
  }
  return result;
}

void TrialStore::remove(const std::string &key, uint32_t flags) {
  const auto found = disk().items.find(key);
  TrialDisk::Item gone;
  gone.revision = disk().revision;
  gone.meta = found->second.meta;
  disk().changes.push_back({key, gone, NAVI_CHANGE_DELETE, flags});
  disk().items.erase(found);
}

void TrialStore::commit(const navi_txn &txn, uint64_t now_ms, navi_result &result) {
  TrialDisk &disk_now = disk();
  const size_t before = disk_now.changes.size();
  ++disk_now.revision;
  for (uint32_t i = 0; i < txn.n_ops; ++i) {
    const navi_op &op = txn.ops[i];
    const std::string key(view(op.key));
    const auto found = disk_now.items.find(key);
    const bool live =
        found != disk_now.items.end() && backend::visible(found->second.expires_ms, now_ms);
    if (txn.found != nullptr) txn.found[i] = live ? 1 : 0;
    if (op.kind == NAVI_OP_DELETE) {
      if (live) remove(key, 0);
      continue;
    }
    TrialDisk::Item item{std::string(view(op.value)), std::string(view(op.meta)), disk_now.revision,
                         op.expires_ms};
    disk_now.items[key] = item;
    disk_now.changes.push_back({key, item, NAVI_CHANGE_PUT, 0});
  }
  if (disk_now.changes.size() == before) {
    --disk_now.revision;
  } else {
    disk_now.changes.back().flags |= NAVI_CHANGE_LAST;
  }
  result.revision = disk_now.revision;
}

void TrialStore::apply(const navi_apply &request, navi_result *results) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  wait_while(trial_.held);
  navi_status status = NAVI_OK;
  if (ns_ == "default") {
    trial_.batches.push_back(request.n);
    if ((request.flags & NAVI_F_DURABLE) != 0) ++trial_.durable_batches;
  }
  if (ns_ == trial_.failing) {
    if (trial_.next_after == 0) std::swap(status, trial_.next_status);
    if (trial_.next_after != 0) --trial_.next_after;
  }
  if (ns_ == trial_.meddled && trial_.meddle) std::exchange(trial_.meddle, nullptr)(disk());
  if (status == NAVI_OK || trial_.effect == Trial::Effect::kCommits) {
    for (size_t i = 0; i < request.n; ++i) {
      results[i] = judge(request.txns[i], request.now_ms);
      if (results[i].status == NAVI_OK) commit(request.txns[i], request.now_ms, results[i]);
    }
  }
  ring();
  if (status != NAVI_OK) throw Failure(status, "told to");
}

void TrialStore::scan(const navi_scan &request, const ItemSink &sink, navi_reply &reply) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  if (ns_ == "default" && trial_.before_scan) trial_.before_scan(disk());
  if (ns_ == "default" && trial_.read_status != NAVI_OK)
    throw Failure(trial_.read_status, "told to");
  reply.revision = disk().revision;
  const std::string start(view(request.start));
  const bool after = (request.flags & NAVI_F_AFTER) != 0;
  auto from = after ? disk().items.upper_bound(start) : disk().items.lower_bound(start);
  uint64_t index = 0;
  for (; from != disk().items.end(); ++from) {
    if (request.end.len != 0 && from->first >= view(request.end)) return;
    if (!backend::visible(from->second.expires_ms, request.now_ms)) continue;
    if (!sink(index++, item_of(from->first, from->second))) break;
  }
  if (from != disk().items.end()) reply.flags |= NAVI_MORE;
}

void TrialStore::clear(const navi_apply &, navi_reply &reply) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  disk().items.clear();
  TrialDisk::Item mark;
  mark.revision = reply.revision = ++disk().revision;
  disk().changes.push_back({"", mark, NAVI_CHANGE_CLEAR, NAVI_CHANGE_LAST});
  ring();
  wait_while(trial_.clears_held);
}

void TrialStore::stats(navi_stats &stats) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  ++trial_.looks;
  stats.items = disk().items.size();
  stats.revision = stats.durable_revision = disk().revision;
  stats.oldest_change = disk().trimmed + 1;
  for (const auto &[key, item] : disk().items) {
    const bool sooner = stats.next_expiry_ms == 0 || item.expires_ms < stats.next_expiry_ms;
    if (item.expires_ms != 0 && sooner) stats.next_expiry_ms = item.expires_ms;
  }
}

void TrialStore::changes(const navi_tail &request, const ChangeSink &sink, navi_reply &reply) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  if (trial_.changes_status != NAVI_OK) throw Failure(trial_.changes_status, "told to");
  reply.revision = disk().revision;
  if (ns_ == "default") trial_.tails[this] = disk().revision;
  if (request.after < disk().trimmed) {
    reply.revision = disk().trimmed + 1;
    throw Failure(NAVI_COMPACTED, "trimmed");
  }
  for (const TrialDisk::Change &change : disk().changes) {
    if (change.item.revision <= request.after) continue;
    const navi_change out{item_of(change.key, change.item), change.kind, change.flags};
    if (sink(out)) continue;
    reply.flags |= NAVI_MORE;
    return;
  }
}

void TrialStore::trim(uint64_t before) {
  const Inside inside(trial_);
  const Lock lock(trial_.mutex);
  if (trial_.trim_status != NAVI_OK) throw Failure(trial_.trim_status, "told to");
  disk().trimmed = std::max(disk().trimmed, before == 0 ? 0 : before - 1);
}

void TrialStore::purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply) {
  const Inside inside(trial_);
  std::function<void()> before;
  {
    const Lock lock(trial_.mutex);
    before = trial_.before_purge;
  }
  if (before) before();
  const Lock lock(trial_.mutex);
  ++trial_.purges;
  std::vector<std::string> due;
  for (const auto &[key, item] : disk().items) {
    if (!backend::visible(item.expires_ms, now_ms)) due.push_back(key);
  }
  if (due.size() > max_items) {
    due.resize(max_items);
    reply.flags |= NAVI_MORE;
  }
  if (!due.empty()) ++disk().revision;
  for (const std::string &key : due) remove(key, NAVI_CHANGE_EXPIRED);
  if (!due.empty()) disk().changes.back().flags |= NAVI_CHANGE_LAST;
  reply.revision = disk().revision;
  ring();
}

using Adapter = backend::detail::Adapter<TrialStore>;

template <class Api>
const Api *interface(const char *id) {
  return static_cast<const Api *>(Adapter::get_interface(id));
}

}  // namespace

Trial::Trial(uint64_t flags) : capabilities(flags) { current_trial = this; }
Trial::~Trial() { current_trial = nullptr; }

void Trial::write_epoch(const std::string &epoch) {
  const Lock lock(mutex);
  TrialDisk &disk = disks["default-system"];
  disk.items["epoch"].value = epoch;
  disk.items["epoch"].revision = ++disk.revision;
  for (const auto &[store, armed] : bells) {
    if (armed.first == "default-system") armed.second.ring(armed.second.context);
  }
}

host::Backend Trial::backend(Offers offers) {
  host::Backend backend;
  backend.id = "org.navistore.trial";
  backend.store = interface<navi_store_api>(NAVI_STORE_1);
  if (offers == Offers::kStoreOnly) return backend;
  backend.changes = interface<navi_changes_api>(NAVI_CHANGES_1);
  if (offers != Offers::kNoBell) backend.watch = interface<navi_watch_api>(NAVI_WATCH_1);
  if (offers == Offers::kEverything || offers == Offers::kNoBell)
    backend.upkeep = interface<navi_upkeep_api>(NAVI_UPKEEP_1);
  return backend;
}

}  // namespace navistore::store::testing
