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

// True when the shim sees what the plugin does to its files; else the case ends as WARN.
bool shim_sees(Fixture &fixture) {
  const std::string blind = io::blind_spots();
  if (blind.empty() && io::report().writes > 0) return true;
  fixture.warn("durability unverified: " + (blind.empty() ? "no write was seen" : blind));
  return false;
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string large_value() { return std::string(size_t{64} << 10, 'x'); }

// Writes until the injected fault is met. The result of the write that met it.
TxnResult write_into_fault(Store &store, const std::string &value) {
  for (int i = 0; i < 100; ++i) {
    TxnResult result = store.put("grow" + std::to_string(i), value, kDurable);
    if (!result.ok()) return result;
  }
  TxnResult none;
  none.status = NAVI_OK;
  return none;
}

// After a write fault: what was acknowledged is there, and the store works again, after a reopen at
// the latest.
void check_recovers(Fixture &fixture, const TxnResult &failed) {
  CHECK_MESSAGE(!failed.ok(), "writes were acknowledged although the disk refused them");
  const navi_status status = failed.status;
  io::inject({});
  if (nothing_applied(status)) CHECK(fixture.store().put("after", "1", kDurable).ok());
  Store &store = fixture.reopen();
  CHECK(store.get("before").value_or(Item{}).value == "kept");
  CHECK(store.put("again", "1", kDurable).ok());
  CHECK(fixture.reopen().get("again").value_or(Item{}).value == "1");
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
  const TxnResult failed = write_into_fault(store, large_value());
  CHECK_MESSAGE((failed.status == NAVI_NO_SPACE || outcome_unknown(failed.status)),
                "a full disk gave " << status_name(failed.status));
  CHECK(store.get("before").value_or(Item{}).value == "kept");
  check_recovers(fixture, failed);
}

NAVI_CASE("M.io_error", kFull, needs(kPersistent)) {
  Store &store = watched_store(fixture);
  REQUIRE(store.put("before", "kept", kDurable).ok());
  if (!shim_sees(fixture)) return;
  io::inject({io::Fault::kIoError, 1 + fixture.random()() % 20});
  const TxnResult failed = write_into_fault(store, large_value());
  CHECK_MESSAGE(outcome_unknown(failed.status),
                "a failed write gave " << status_name(failed.status));
  check_recovers(fixture, failed);
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
