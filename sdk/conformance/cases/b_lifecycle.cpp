// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <thread>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/connections.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/worker.hpp"

namespace navistore::conformance {
namespace {

constexpr int kOpened = 7;  // exit status of the worker: it got the store
constexpr int kBusy = 8;
constexpr int kOther = 9;

}  // namespace

NAVI_CASE("B.open_close_many", kGate, needs()) {
  for (int i = 0; i < 50; ++i) {
    Store &store = fixture.store();
    CHECK(store.put("round", std::to_string(i)).ok());
    CHECK(store.get("round").value_or(Item{}).value == std::to_string(i));
    fixture.close();
  }
}

NAVI_CASE("B.caps_allow_the_floors", kGate, needs()) {
  const navi_caps &caps = fixture.store().caps();
  const auto allows = [](uint64_t limit, uint64_t floor) { return limit == 0 || limit >= floor; };
  CHECK(caps.size == sizeof(navi_caps));
  CHECK(caps.zero == 0);
  CHECK(caps.flags < 64);
  CHECK(allows(caps.max_key, 1024));
  CHECK(allows(caps.max_value, 1 << 20));
  CHECK(allows(caps.max_meta, 4096));
  CHECK(allows(caps.max_txn_ops, 128));
  CHECK(allows(caps.max_txn_bytes, (1 << 20) + 5 * 1024));
}

NAVI_CASE("B.caps_are_constant", kGate, needs()) {
  const navi_caps first = fixture.store().caps();
  const navi_caps again = fixture.reopen().caps();
  CHECK(first.flags == again.flags);
  CHECK(first.max_key == again.max_key);
  CHECK(first.max_value == again.max_value);
}

NAVI_CASE("B.two_namespaces_at_once", kGate, needs()) {
  Store &one = fixture.store();
  const std::unique_ptr<Store> two = fixture.other_namespace("-two");
  CHECK(one.put("a", "1").ok());
  CHECK(two->put("a", "2").ok());
  CHECK(one.dump() == "a=1");
  CHECK(two->dump() == "a=2");
}

NAVI_CASE("B.same_namespace_twice_is_busy", kGate, needs(kPersistent, kNotShared)) {
  fixture.store().put("a", "1");
  const Opened second = fixture.try_open(fixture.open_request());
  CHECK_MESSAGE(second.status == NAVI_BUSY,
                "a second open in this process: " << status_name(second.status));
  CHECK(fixture.store().dump() == "a=1");
  CHECK(fixture.reopen().dump() == "a=1");
}

NAVI_WORKER(second_owner) {
  const Opened opened = Store::open(worker.plugin, worker.request);
  if (opened.status == NAVI_OK) return kOpened;
  return opened.status == NAVI_BUSY ? kBusy : kOther;
}

NAVI_CASE("B.second_process_is_busy", kGate, needs(kPersistent, kNotShared)) {
  fixture.store().put("a", "1");
  WorkerProcess second(fixture, "second_owner", "", nullptr);
  CHECK(second.wait().exit_status == kBusy);
  CHECK(fixture.store().dump() == "a=1");
  fixture.close();
  WorkerProcess alone(fixture, "second_owner", "", nullptr);
  CHECK(alone.wait().exit_status == kOpened);
}

NAVI_CASE("B.read_only_refuses_writes", kGate, needs(kPersistent)) {
  REQUIRE(fixture.store().put("a", "1").ok());
  fixture.close();
  OpenRequest request = fixture.open_request();
  request.flags = NAVI_OPEN_READ_ONLY;
  const Opened opened = fixture.try_open(request);
  REQUIRE_MESSAGE(opened.store != nullptr, status_name(opened.status) << ": " << opened.error);
  const TxnResult put = opened.store->put("b", "2");
  CHECK((put.call == NAVI_READ_ONLY || put.status == NAVI_READ_ONLY));
  CHECK(opened.store->clear().status == NAVI_READ_ONLY);
  CHECK(opened.store->dump() == "a=1");
}

NAVI_CASE("B.must_exist", kGate, needs(kPersistent)) {
  OpenRequest request = fixture.open_request();
  request.ns += "-new";
  request.flags = NAVI_OPEN_MUST_EXIST;
  CHECK(fixture.try_open(request).status == NAVI_INVALID);
  CHECK(fixture.other_namespace("-new")->put("a", "1").ok());
  const Opened opened = fixture.try_open(request);
  REQUIRE_MESSAGE(opened.store != nullptr, status_name(opened.status) << ": " << opened.error);
  CHECK(opened.store->dump() == "a=1");
}

NAVI_CASE("B.close_gives_everything_back", kGate, needs()) {
  // The first thread of a process may start one of the C library's or a sanitizer's that stays.
  fixture.in_threads(1, [&fixture](size_t) { fixture.store().put("warm", "up"); });
  fixture.close();
  const ProcessState before = ProcessState::now();
  Store &store = fixture.store();
  store.put("a", "1");
  fixture.in_threads(4, [&store](size_t i) { store.put("thread" + std::to_string(i), "1"); });
  store.scan_all();
  fixture.close();
  // A thread that was joined is listed until the kernel has taken it off.
  CHECK(wait_until([&before] { return thread_ids() == before.threads; }));
  CHECK(open_descriptors() == before.descriptors);
}

NAVI_CASE("B.interrupt_before_close", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("a", "1").ok());
  std::thread([&store] { store.interrupt(); }).join();
  const ReadAnswer answer = store.read({"a"});
  CHECK((answer.status == NAVI_OK || answer.status == NAVI_CANCELLED));
  store.interrupt();
  fixture.close();
  if (!fixture.store().has(kPersistent)) return;
  CHECK(fixture.store().dump() == "a=1");
}

// A put whose engine has fallen silent waits; interrupt() ends it, whenever it comes.
NAVI_CASE("B.interrupt_unblocks", kGate, needs(kShared)) {
  Store &store = fixture.store();
  REQUIRE(store.put("key", "1").ok());
  auto silence = std::make_unique<Silence>();
  if (silence->connections() == 0) return fixture.warn("no connection was seen to fall silent");
  std::atomic<bool> back{false};
  TxnResult result;
  std::thread caller([&] {
    result = store.put("key", "2");
    back = true;
  });
  store.interrupt();
  CHECK_MESSAGE(wait_until([&back] { return back.load(); }),
                "a put waits for the engine after interrupt()");
  silence.reset();  // now it must come back
  caller.join();
  CHECK_MESSAGE((result.call == NAVI_CANCELLED || result.call == NAVI_MAYBE),
                "an interrupted put: " << status_name(result.call));
  fixture.close();
}

}  // namespace navistore::conformance
