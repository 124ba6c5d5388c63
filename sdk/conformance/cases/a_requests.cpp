// SPDX-License-Identifier: Apache-2.0
// Requests and answers of other sizes than version 1 has, unknown flags, and no place for an error.
#include <cstring>

#include "sdk/conformance/call_checks.hpp"
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

constexpr uint32_t kUnknownFlag = 1u << 31;

int32_t ignore_item(void *, uint64_t, const navi_item *) noexcept { return 0; }
int32_t ignore_change(void *, const navi_change *) noexcept { return 0; }
constexpr navi_sink kItems{nullptr, ignore_item};
constexpr navi_change_sink kChangeSink{nullptr, ignore_change};

// A request as a host of a later version makes it: 16 bytes longer, filled with `fill`.
template <class T>
struct Longer {
  T request{};
  uint64_t tail[2];
  explicit Longer(const T &base, uint64_t fill) : request(base), tail{fill, fill} {
    request.size = sizeof(Longer);
  }
};

template <class T>
T sized(T request) {
  request.size = sizeof request;
  return request;
}

// Makes each call of the store with a request that `change` was applied to; check(name, status)
// judges.
template <class Shape, class Check>
void each_call(Fixture &fixture, Shape shape, Check check) {
  Store &store = fixture.store();
  const navi_store_api &api = *fixture.plugin().store;
  navi_store *handle = store.handle();
  Inputs inputs(Guard::kEach);
  navi_reply reply{sizeof reply, 0, 0};
  navi_error error{};
  error.size = sizeof error;
  auto *keys = inputs.array<navi_bytes>(1);
  keys[0] = {inputs.bytes("shape"), 5};
  auto *ops = inputs.array<navi_op>(1);
  ops[0].key = keys[0];
  ops[0].kind = NAVI_OP_PUT;
  auto *txns = inputs.array<navi_txn>(1);
  txns[0].ops = ops;
  txns[0].n_ops = 1;
  navi_result result{NAVI_MAYBE, 0, 0, 0};

  const auto read = shape(sized(navi_read{0, 0, kNow, 0, keys, 1}));
  check("read", api.read(handle, reinterpret_cast<const navi_read *>(inputs.object(read)), &kItems,
                         &reply, &error));
  const auto scan = shape(sized(navi_scan{0, 0, kNow, 0, {}, {}, 0, 0}));
  check("scan", api.scan(handle, reinterpret_cast<const navi_scan *>(inputs.object(scan)), &kItems,
                         &reply, &error));
  const auto apply = shape(sized(navi_apply{0, 0, kNow, 0, txns, 1}));
  check("apply", api.apply(handle, reinterpret_cast<const navi_apply *>(inputs.object(apply)),
                           &result, &error));
  const auto clear = shape(sized(navi_apply{0, 0, kNow, 0, nullptr, 0}));
  check("clear", api.clear(handle, reinterpret_cast<const navi_apply *>(inputs.object(clear)),
                           &reply, &error));
  if (fixture.plugin().changes == nullptr) return;
  const auto tail = shape(sized(navi_tail{0, 0, kNow, 0, 0, 0, 0}));
  check("changes", fixture.plugin().changes->read(
                       handle, reinterpret_cast<const navi_tail *>(inputs.object(tail)),
                       &kChangeSink, &reply, &error));
}

void expect(const char *call, navi_status status, navi_status wanted) {
  CHECK_MESSAGE(status == wanted, std::string(call) << ": " << status_name(status) << ", expected "
                                                    << status_name(wanted));
}

struct UnknownFlag {
  template <class T>
  T operator()(T request) const {
    request.flags |= kUnknownFlag;
    return request;
  }
};

struct LongerBy {
  uint64_t fill;
  template <class T>
  Longer<T> operator()(const T &request) const {
    return Longer<T>(request, fill);
  }
};

}  // namespace

NAVI_CASE("A.unknown_flag_refused", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("kept", "1").ok());
  each_call(fixture, UnknownFlag{},
            [](const char *call, navi_status status) { expect(call, status, NAVI_UNSUPPORTED); });
  CHECK(store.dump() == "kept=1");
}

// A bit of another call is as unknown as one that nobody has defined.
NAVI_CASE("A.foreign_flag_refused", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("kept", "1").ok());
  expect("read with AFTER", store.read({"kept"}, Call{NAVI_F_AFTER}).status, NAVI_UNSUPPORTED);
  expect("read with DURABLE", store.read({"kept"}, Call{NAVI_F_DURABLE}).status, NAVI_UNSUPPORTED);
  ScanRequest scan;
  scan.flags = NAVI_F_DURABLE;
  expect("scan with DURABLE", store.scan(scan).status, NAVI_UNSUPPORTED);
  expect("apply with NO_VALUE", store.apply({Txn().put("a", "1")}, Call{NAVI_F_NO_VALUE}).status,
         NAVI_UNSUPPORTED);
  expect("clear with SNAPSHOT", store.clear(Call{NAVI_F_SNAPSHOT}).status, NAVI_UNSUPPORTED);
  CHECK(store.dump() == "kept=1");
}

NAVI_CASE("A.unknown_kinds_refused", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("kept", "1").ok());
  Txn op;
  op.ops.push_back({"a", "1", "", 0, 77});
  Txn check = Txn().put("b", "1");
  check.check({"kept", 77, 0});
  Txn flag = Txn().put("c", "1");
  flag.flags = kUnknownFlag;
  for (const Txn &txn : {op, check, flag}) {
    const TxnResult result = store.txn(txn);
    const navi_status status = result.call != NAVI_OK ? result.call : result.status;
    expect("an unknown kind or flag in a transaction", status, NAVI_UNSUPPORTED);
  }
  CHECK(store.dump() == "kept=1");
}

NAVI_CASE("A.longer_request_with_zero_tail", kGate, needs()) {
  fixture.store();
  each_call(fixture, LongerBy{0},
            [](const char *call, navi_status status) { expect(call, status, NAVI_OK); });
}

NAVI_CASE("A.longer_request_with_unknown_tail", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("kept", "1").ok());
  each_call(fixture, LongerBy{1},
            [](const char *call, navi_status status) { expect(call, status, NAVI_UNSUPPORTED); });
  CHECK(store.dump() == "kept=1");
}

// A host of a later version has longer answers: what this plugin does not know of them stays as it
// was.
NAVI_CASE("A.longer_answers_keep_their_tail", kGate, needs()) {
  Store &store = fixture.store();
  REQUIRE(store.put("a", "1").ok());
  constexpr uint64_t kTail = 0x5A5A5A5A5A5A5A5A;
  struct {
    navi_stats stats;
    uint64_t tail[2];
  } longer{};
  std::memset(&longer, 0x5A, sizeof longer);
  longer.stats.size = sizeof longer;
  CHECK(fixture.plugin().store->stats(store.handle(), &longer.stats, nullptr) == NAVI_OK);
  CHECK(longer.stats.size == sizeof longer);
  CHECK(longer.tail[0] == kTail);
  CHECK(longer.tail[1] == kTail);
}

NAVI_CASE("A.short_error_not_overrun", kGate, needs()) {
  constexpr uint32_t kShort = 40;  // 16 bytes of text
  struct Small {
    uint8_t bytes[kShort];
  };
  Small fill{};
  std::memcpy(fill.bytes, &kShort, sizeof kShort);
  Outputs<Small> error(1, fill);
  Inputs inputs(Guard::kEach);
  const OpenRequest request = fixture.open_request();
  const navi_open open{sizeof open,
                       0,
                       &harness_host(),
                       inputs.text("this is not JSON, and the message about it is long"),
                       inputs.text(request.data_dir),
                       inputs.text(request.ns),
                       kNow};
  navi_caps caps{};
  caps.size = sizeof caps;
  navi_store *handle = nullptr;
  CHECK(fixture.plugin().store->open(inputs.object(open), &handle, &caps,
                                     reinterpret_cast<navi_error *>(error.data())) == NAVI_INVALID);
  CHECK(error.intact());
  CHECK_MESSAGE(std::memchr(error[0].bytes + 24, 0, kShort - 24) != nullptr,
                "the text of a short navi_error has no end");
}

NAVI_CASE("A.null_error_accepted", kGate, needs()) {
  const navi_store_api &api = *fixture.plugin().store;
  Inputs inputs(Guard::kEach);
  const OpenRequest request = fixture.open_request();
  navi_open open{sizeof open,
                 0,
                 &harness_host(),
                 inputs.text("{"),
                 inputs.text(request.data_dir),
                 inputs.text(request.ns),
                 kNow};
  navi_caps caps{};
  caps.size = sizeof caps;
  navi_store *handle = nullptr;
  CHECK(api.open(inputs.object(open), &handle, &caps, nullptr) == NAVI_INVALID);
  CHECK(handle == nullptr);
  open.config = inputs.text(request.config);
  REQUIRE(api.open(inputs.object(open), &handle, &caps, nullptr) == NAVI_OK);
  navi_reply reply{sizeof reply, 0, 0};
  const navi_scan good{sizeof good, 0, kNow, 0, {}, {}, 0, 0};
  const navi_scan bad{sizeof bad, kUnknownFlag, kNow, 0, {}, {}, 0, 0};
  CHECK(api.scan(handle, &good, &kItems, &reply, nullptr) == NAVI_OK);
  CHECK(api.scan(handle, &bad, &kItems, &reply, nullptr) == NAVI_UNSUPPORTED);
  navi_result result{NAVI_MAYBE, 0, 0, 0};
  const navi_txn txn{};
  const navi_apply apply{sizeof apply, kUnknownFlag, kNow, 0, &txn, 1};
  CHECK(api.apply(handle, &apply, &result, nullptr) == NAVI_UNSUPPORTED);
  api.close(handle);
}

}  // namespace navistore::conformance
