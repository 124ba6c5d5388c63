// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/cases/workload.hpp"

#include <atomic>
#include <charconv>

#include "sdk/conformance/cases/text.hpp"

namespace navistore::conformance {
namespace {

using Kind = Operation::Kind;

// Ticks and tags of all threads of one workload.
struct Shared {
  const WorkloadPlan &plan;
  const std::vector<std::string> keys;
  const std::chrono::steady_clock::time_point end;
  std::atomic<uint64_t> clock{1};
  std::atomic<uint64_t> tags{1};
};

uint64_t tag_of(const Item &item) {
  uint64_t tag = 0;
  std::from_chars(item.value.data(), item.value.data() + item.value.size(), tag);
  return tag;
}

class Client {
 public:
  Client(Shared &shared, Store &store, size_t thread, uint64_t seed)
      : shared_(shared),
        store_(store),
        thread_(static_cast<uint32_t>(thread)),
        random_(seed),
        known_(shared.keys.size(), 0) {}

  void run() {
    while (history_.size() < shared_.plan.max_operations && !failed_ &&
           std::chrono::steady_clock::now() < shared_.end) {
      const uint64_t dice = random_() % 10;
      if (dice == 0) {
        scan();
      } else if (dice < 4) {
        read(1 + random_() % 4);
      } else {
        apply(dice < 6 ? 2 : 1);
      }
    }
  }

  // All keys in one state.
  void read_all() { read(shared_.keys.size()); }

  std::vector<Operation> &history() noexcept { return history_; }

 private:
  Operation begin() {
    Operation operation;
    operation.thread = thread_;
    operation.invoked = shared_.clock++;
    return operation;
  }
  uint32_t random_key() { return static_cast<uint32_t>(random_() % shared_.keys.size()); }

  void scan();
  void read(size_t n);
  void apply(size_t transactions);
  void saw(Operation &operation, uint32_t key, const Item *item);
  Txn compose(Operation &operation);
  void add_check(Txn &txn, Operation &operation, uint32_t key);
  void add_write(Txn &txn, Operation &operation, uint32_t key);
  void record(Operation operation, const TxnResult &result);
  void fail(const std::string &what) {
    FAIL_CHECK(what);
    failed_ = true;
  }

  Shared &shared_;
  Store &store_;
  const uint32_t thread_;
  std::mt19937_64 random_;
  std::vector<uint64_t> known_;  // revision of each key when last heard of, 0: no item
  std::vector<Operation> history_;
  bool failed_ = false;
};

void Client::saw(Operation &operation, uint32_t key, const Item *item) {
  const uint64_t revision = item == nullptr ? 0 : item->revision;
  operation.seen.push_back({key, revision, item == nullptr ? 0 : tag_of(*item)});
  known_[key] = revision;
}

void Client::read(size_t n) {
  const auto first = static_cast<uint32_t>(n == shared_.keys.size() ? 0 : random_key());
  std::vector<std::string> names;
  for (size_t i = 0; i < n; ++i) names.push_back(shared_.keys[(first + i) % shared_.keys.size()]);
  Operation operation = begin();
  const ReadAnswer answer = store_.read(names, {n > 1 ? NAVI_F_SNAPSHOT : 0});
  operation.returned = shared_.clock++;
  if (!answer.ok()) return fail("read: " + status_name(answer.status) + ": " + answer.error);
  operation.kind = Kind::kRead;
  operation.revision = answer.revision;
  for (size_t i = 0; i < n; ++i) {
    const auto key = static_cast<uint32_t>((first + i) % shared_.keys.size());
    saw(operation, key, answer.items[i] ? &*answer.items[i] : nullptr);
  }
  history_.push_back(std::move(operation));
}

void Client::scan() {
  ScanRequest request;
  request.flags = random_() % 2 == 0 ? NAVI_F_REVERSE : 0;
  Operation operation = begin();
  const ScanAnswer answer = store_.scan(request);
  operation.returned = shared_.clock++;
  if (!answer.ok()) return fail("scan: " + status_name(answer.status) + ": " + answer.error);
  operation.kind = Kind::kRead;
  operation.revision = answer.revision;
  for (uint32_t key = 0; key < shared_.keys.size(); ++key) {
    const Item *found = nullptr;
    for (const Item &item : answer.items) found = item.key == shared_.keys[key] ? &item : found;
    saw(operation, key, found);
  }
  history_.push_back(std::move(operation));
}

void Client::add_check(Txn &txn, Operation &operation, uint32_t key) {
  const uint64_t revision = known_[key];
  const bool any_revision = random_() % 4 == 0;
  const uint32_t kind = revision == 0  ? NAVI_CHECK_ABSENT
                        : any_revision ? NAVI_CHECK_PRESENT
                                       : NAVI_CHECK_REV_EQ;
  txn.check({shared_.keys[key], kind, revision});
  operation.checks.push_back({key, kind, revision});
}

void Client::add_write(Txn &txn, Operation &operation, uint32_t key) {
  const bool is_delete = random_() % 5 == 0;
  const uint64_t tag = is_delete ? 0 : shared_.tags++;
  if (is_delete) {
    txn.del(shared_.keys[key]);
  } else {
    txn.put(shared_.keys[key], std::to_string(tag));
  }
  operation.writes.push_back({key, tag, false});
}

Txn Client::compose(Operation &operation) {
  Txn txn;
  const uint32_t key = random_key();
  const uint32_t other = (key + 1 + random_key() % (shared_.plan.keys - 1)) % shared_.plan.keys;
  const uint64_t shape = random_() % 4;
  if (shape != 0) add_check(txn, operation, key);
  if (shape == 1) add_check(txn, operation, other);
  add_write(txn, operation, key);
  if (shape != 3) add_write(txn, operation, other);
  return txn;
}

void Client::apply(size_t transactions) {
  std::vector<Txn> txns;
  txns.reserve(transactions);
  std::vector<Operation> operations(transactions);
  for (Operation &operation : operations) txns.push_back(compose(operation));
  const uint64_t invoked = shared_.clock++;
  const ApplyAnswer answer = store_.apply(txns);
  const uint64_t returned = shared_.clock++;
  for (size_t i = 0; i < transactions; ++i) {
    operations[i].thread = thread_;
    operations[i].invoked = invoked;
    operations[i].returned = returned;
    record(std::move(operations[i]), answer.results[i]);
  }
}

void Client::record(Operation operation, const TxnResult &result) {
  const bool local_maybe = outcome_unknown(result.status) && !store_.has(kShared);
  if (local_maybe || (nothing_applied(result.status) && result.status != NAVI_CONFLICT)) {
    return fail("apply: " + outcome(result) + ": " + result.error);
  }
  operation.revision = result.revision;
  operation.failed_check = result.detail;
  operation.current = result.current;
  bool changed = false;
  for (size_t i = 0; i < operation.writes.size(); ++i) {
    operation.writes[i].found = result.found[i] == 1;
    changed = changed || operation.writes[i].tag != 0 || operation.writes[i].found;
  }
  operation.kind = result.ok()                      ? changed ? Kind::kCommit : Kind::kJudged
                   : result.status == NAVI_CONFLICT ? Kind::kConflict
                                                    : Kind::kUnknown;
  if (operation.kind == Kind::kConflict)
    known_[operation.checks[result.detail].key] = result.current;
  history_.push_back(std::move(operation));
}

std::vector<std::string> key_names(uint32_t n) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < n; ++i) names.push_back("k" + std::to_string(i));
  return names;
}

}  // namespace

std::vector<Operation> run_workload(Fixture &fixture, const std::vector<Store *> &stores,
                                    const WorkloadPlan &plan) {
  for (Store *store : stores) store->set_guard(Guard::kPoison);
  Shared shared{plan, key_names(plan.keys), std::chrono::steady_clock::now() + plan.duration};
  std::vector<Client> clients;
  for (size_t i = 0; i < plan.threads; ++i) {
    clients.emplace_back(shared, *stores[i % stores.size()], i, fixture.random()());
  }
  fixture.in_threads(plan.threads, [&](size_t thread) { clients[thread].run(); });
  clients[0].read_all();
  std::vector<Operation> history;
  for (Client &client : clients) {
    std::move(client.history().begin(), client.history().end(), std::back_inserter(history));
  }
  return history;
}

}  // namespace navistore::conformance
