// SPDX-License-Identifier: Apache-2.0
// What is promised when the disk works, and what is left when it does not.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/io_shim.hpp"

namespace navistore::conformance {
namespace {

constexpr Call kDurable{NAVI_F_DURABLE};

// Opens the store with the shim watching its directory.
Store &watched_store(Fixture &fixture) {
  io::watch(fixture.data_dir());
  return fixture.store();
}

// True when the shim sees what the plugin does to its files; else the case ends as WARN. A store
// that has no engine elsewhere and changed no file at all has stored nothing.
bool shim_sees(Fixture &fixture) {
  const std::string blind = io::blind_spots();
  if (blind.empty() && io::report().writes > 0) return true;
  const bool elsewhere = fixture.store().has(kShared);
  CHECK_MESSAGE((!blind.empty() || elsewhere), "no file below data_dir was changed");
  fixture.warn("durability unverified: " + (blind.empty() ? "no write was seen" : blind));
  return false;
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Batches of large values, until the injected fault is met.
class Writer {
 public:
  explicit Writer(Store &store) : store_(store) {}

  // The answer of the batch that met the fault; OK when none did.
  ApplyAnswer write_into_fault() {
    ApplyAnswer answer;
    for (int i = 0; i < kMostBatches && answer.ok() && failed_.empty(); ++i)
      answer = write_batch(i);
    return answer;
  }

  // Each key whose transaction was acknowledged is there, each that was definitely refused is not.
  void check(Store &store) const {
    for (const std::string &key : acknowledged_) CHECK_MESSAGE(store.get(key), "lost " << key);
    for (const std::string &key : failed_)
      CHECK_MESSAGE(!store.get(key), "refused and there: " << key);
  }

 private:
  static constexpr int kMostBatches = 50;

  ApplyAnswer write_batch(int number) {
    std::vector<Txn> batch;
    for (const char *part : {"a", "b", "c"}) {
      batch.push_back(
          Txn().put("grow" + std::to_string(number) + part, std::string(size_t{32} << 10, 'x')));
    }
    ApplyAnswer answer = store_.apply(batch, kDurable);
    for (size_t i = 0; i < batch.size(); ++i) {
      navi_status status = answer.results[i].status;
      if (!answer.ok() && status == NAVI_MAYBE)
        status = answer.status;  // shares the class of the call's
      if (status == NAVI_OK) acknowledged_.push_back(batch[i].ops[0].key);
      if (nothing_applied(status)) failed_.push_back(batch[i].ops[0].key);
    }
    return answer;
  }

  Store &store_;
  std::vector<std::string> acknowledged_, failed_;
};

// The status of a batch: its call's, or the first result that is not OK.
navi_status status_of(const ApplyAnswer &answer) {
  if (!answer.ok()) return answer.status;
  for (const TxnResult &result : answer.results) {
    if (!result.ok()) return result.status;
  }
  return NAVI_OK;
}

}  // namespace

NAVI_CASE("M.reopen_equal", kGate, needs(kPersistent)) {
  Store &store = fixture.store();
  for (int i = 0; i < 50; ++i) {
    CHECK(store
              .txn(Txn().put("key" + std::to_string(i), std::string(static_cast<size_t>(i), 'v'),
                             "meta", i % 5 == 0 ? kNow + 1000 : 0))
              .ok());
  }
  CHECK(store.del("key7").ok());
  const std::vector<Item> before = store.scan_all();
  const std::vector<Item> after = fixture.reopen().scan_all();
  CHECK(render(after) == render(before));
  REQUIRE(after.size() == before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].meta == before[i].meta);
    CHECK(after[i].revision == before[i].revision);
    CHECK(after[i].expires_ms == before[i].expires_ms);
  }
}

NAVI_CASE("M.fsync_witness", kGate, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  for (int i = 0; i < 20; ++i) {
    const uint64_t syncs = io::report().syncs;
    REQUIRE(store.put("key" + std::to_string(i % 3), std::to_string(i), kDurable).ok());
    if (!shim_sees(fixture)) return;
    const io::Report report = io::report();
    CHECK_MESSAGE(report.syncs > syncs, "apply with DURABLE returned without any fsync");
    CHECK_MESSAGE(report.unsynced.empty(),
                  "apply with DURABLE returned before it synced " << joined(report.unsynced));
  }
}

NAVI_CASE("M.sync_witness", kGate, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  const TxnResult put = store.put("key", "value");
  REQUIRE(put.ok());
  if (!shim_sees(fixture)) return;
  const Reply sync = store.sync();
  CHECK(sync.ok());
  CHECK(sync.revision >= put.revision);
  CHECK(sync.revision <= store.stats().revision);
  const io::Report report = io::report();
  CHECK_MESSAGE(report.unsynced.empty(),
                "sync returned before it synced " << joined(report.unsynced));
}

NAVI_CASE("M.failed_fsync", kGate, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  REQUIRE(store.put("before", "kept", kDurable).ok());
  if (!shim_sees(fixture)) return;
  io::inject({io::Fault::kSyncError, 1});
  const TxnResult failed = store.put("failed", "1", kDurable);
  CHECK_MESSAGE(io::report().faults > 0, "apply with DURABLE called no fsync");
  CHECK_MESSAGE(!failed.ok(), "apply with DURABLE says OK although fsync failed");
  CHECK_MESSAGE(!nothing_applied(failed.status),
                "a failed fsync leaves the outcome unknown, not " << status_name(failed.status));
  io::inject({});
  CHECK_MESSAGE(!store.put("later", "1", kDurable).ok(), "the store went on after a failed fsync");
  Store &again = fixture.reopen();
  CHECK(again.get("before").value_or(Item{}).value == "kept");
  CHECK(again.put("later", "2", kDurable).ok());
}

NAVI_CASE("M.disk_full", kGate, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  REQUIRE(store.put("before", "kept", kDurable).ok());
  if (!shim_sees(fixture)) return;
  io::inject({io::Fault::kNoSpace, 1 + fixture.random()() % 20});
  Writer writer(store);
  const navi_status status = status_of(writer.write_into_fault());
  CHECK_MESSAGE(status == NAVI_NO_SPACE, "a full disk gave " << status_name(status));
  CHECK(store.get("before").value_or(Item{}).value == "kept");
  writer.check(store);
  io::inject({});
  CHECK_MESSAGE(store.put("after", "1", kDurable).ok(),
                "there is room again, and the store does not use it");
  writer.check(fixture.reopen());
  CHECK(fixture.store().get("before").value_or(Item{}).value == "kept");
  CHECK(fixture.store().get("after").value_or(Item{}).value == "1");
}

NAVI_CASE("M.io_error", kFull, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  REQUIRE(store.put("before", "kept", kDurable).ok());
  if (!shim_sees(fixture)) return;
  io::inject({io::Fault::kIoError, 1 + fixture.random()() % 20});
  Writer writer(store);
  const navi_status status = status_of(writer.write_into_fault());
  CHECK_MESSAGE(outcome_unknown(status), "a failed write gave " << status_name(status));
  io::inject({});
  writer.check(fixture.reopen());
  CHECK(fixture.store().get("before").value_or(Item{}).value == "kept");
  CHECK(fixture.store().put("again", "1", kDurable).ok());
}

NAVI_CASE("M.backup_opens_equal", kFull, needs(kPersistent, kUpkeep)) {
  Store &store = fixture.store();
  for (int i = 0; i < 500; ++i)
    REQUIRE(store.put("key" + std::to_string(i), std::to_string(i * i)).ok());
  const std::string copy = fixture.make_dir("backup");
  const Reply backup = store.backup(copy);
  REQUIRE_MESSAGE(backup.ok(), backup.error);
  OpenRequest request = fixture.open_request();
  request.data_dir = copy;
  const Opened opened = fixture.try_open(request);
  REQUIRE_MESSAGE(opened.store != nullptr, opened.error);
  CHECK(opened.store->dump() == store.dump());
  CHECK(opened.store->stats().revision == backup.revision);
}

}  // namespace navistore::conformance
