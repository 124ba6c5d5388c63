// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/store.hpp"

#include <algorithm>

#include "sdk/conformance/call_checks.hpp"

namespace navistore::conformance {
namespace {

navi_bytes to_bytes(Inputs &inputs, std::string_view content) {
  return {inputs.bytes(content), content.size()};
}

struct ReadContext {
  ReadAnswer answer;
  uint32_t flags;
};

int32_t on_read_item(void *ctx, uint64_t index, const navi_item *item) noexcept {
  auto &context = *static_cast<ReadContext *>(ctx);
  if (index >= context.answer.items.size()) {
    violated("read", "the sink got index " + std::to_string(index) + " of " +
                         std::to_string(context.answer.items.size()) + " keys");
    return 1;
  }
  std::optional<Item> &slot = context.answer.items[index];
  if (slot) violated("read", "the sink got index " + std::to_string(index) + " twice");
  slot = copy_item("read", *item, context.flags);
  return 0;
}

struct ScanContext {
  ScanAnswer answer;
  const ScanRequest &request;
};

int32_t on_scan_item(void *ctx, uint64_t index, const navi_item *item) noexcept {
  auto &context = *static_cast<ScanContext *>(ctx);
  auto &items = context.answer.items;
  if (index != items.size())
    violated("scan", "the sink got index " + std::to_string(index) + " as item " +
                         std::to_string(items.size()));
  if (items.size() >= context.request.stop_after) {
    violated("scan", "the sink was called after it had said stop");
    return 1;
  }
  items.push_back(copy_item("scan", *item, context.request.flags));
  return items.size() >= context.request.stop_after ? 1 : 0;
}

// Marshals transactions; `found` are the outputs of all of them in order.
const navi_txn *to_txns(Inputs &inputs, const std::vector<Txn> &txns, uint8_t *found) {
  auto *out = inputs.array<navi_txn>(txns.size());
  for (size_t i = 0; i < txns.size(); ++i) {
    const Txn &txn = txns[i];
    auto *checks = inputs.array<navi_check>(txn.checks.size());
    for (size_t j = 0; j < txn.checks.size(); ++j) {
      const Txn::Check &check = txn.checks[j];
      checks[j] = {to_bytes(inputs, check.key), check.revision, check.kind, 0};
    }
    auto *ops = inputs.array<navi_op>(txn.ops.size());
    for (size_t j = 0; j < txn.ops.size(); ++j) {
      const Txn::Op &op = txn.ops[j];
      ops[j] = {to_bytes(inputs, op.key),
                to_bytes(inputs, op.value),
                to_bytes(inputs, op.meta),
                op.expires_ms,
                op.kind,
                0};
    }
    out[i] = {checks,
              ops,
              static_cast<uint32_t>(txn.checks.size()),
              static_cast<uint32_t>(txn.ops.size()),
              txn.flags,
              0,
              found};
    found += txn.ops.size();
  }
  return out;
}

constexpr uint8_t kFoundUnset = 0x7E;

void check_result(const TxnResult &result, const Txn &txn, navi_status call) {
  if (!status_is_known(result.status))
    violated("apply", "a result has " + status_name(result.status));
  if (call == NAVI_OK && result.status == NAVI_MAYBE)
    violated("apply", "returned OK and left a result MAYBE");
  if (result.status == NAVI_CONFLICT && result.detail >= txn.checks.size()) {
    violated("apply", "CONFLICT names check " + std::to_string(result.detail) + " of " +
                          std::to_string(txn.checks.size()));
  }
  if (result.status == NAVI_OK && (result.detail != 0 || result.current != 0)) {
    violated("apply", "detail or current is set although the result is OK");
  }
  for (const uint8_t found : result.found) {
    if (result.ok() && found > 1)
      violated("apply", "found[] was not set to 0 or 1 although the result is OK");
  }
}

}  // namespace

Store::Store(const Plugin &plugin, navi_store *handle, const navi_caps &caps)
    : plugin_(plugin), handle_(handle), caps_(caps) {}

Store::~Store() { plugin_.store->close(handle_); }

Opened Store::open(const Plugin &plugin, const OpenRequest &request) {
  Inputs inputs(Guard::kEach);
  const navi_open open{sizeof(navi_open),
                       request.flags,
                       &harness_host(),
                       inputs.text(request.config),
                       inputs.text(request.data_dir),
                       inputs.text(request.ns),
                       kNow};
  navi_caps fill{};
  fill.size = sizeof fill;
  Outputs<navi_caps> caps(1, fill);
  ErrorOut error("open");
  navi_store *handle = nullptr;
  Opened opened;
  opened.status = plugin.store->open(inputs.object(open), &handle, caps.data(), error.get());
  opened.error = error.text(opened.status);
  check_status("open", opened.status);
  if (!caps.intact()) violated("open", "wrote outside the navi_caps");
  if ((opened.status == NAVI_OK) != (handle != nullptr))
    violated("open", "*out must be set if and only if open succeeds");
  if (opened.status == NAVI_OK && handle != nullptr)
    opened.store.reset(new Store(plugin, handle, caps[0]));
  return opened;
}

bool Store::has(Need need) const noexcept {
  const auto cap = [this](uint64_t flag) { return (caps_.flags & flag) != 0; };
  switch (need) {
    case kPersistent: return cap(NAVI_CAP_PERSISTENT);
    case kVolatile: return !cap(NAVI_CAP_PERSISTENT);
    case kShared: return cap(NAVI_CAP_SHARED);
    case kNotShared: return !cap(NAVI_CAP_SHARED);
    case kFastReads: return cap(NAVI_CAP_FAST_READS);
    case kFastWrites: return cap(NAVI_CAP_FAST_WRITES);
    case kConcurrent: return !cap(NAVI_CAP_SINGLE_THREADED);
    case kFullHistory: return cap(NAVI_CAP_FULL_HISTORY);
    case kChanges: return plugin_.changes != nullptr;
    case kWatch: return plugin_.watch != nullptr;
    case kUpkeep: return plugin_.upkeep != nullptr;
  }
  return false;
}

std::unique_lock<std::mutex> Store::serial() {
  if (has(kConcurrent)) return {};
  return std::unique_lock<std::mutex>(serial_);
}

std::optional<Item> Store::get(std::string_view key, const Call &call) {
  ReadAnswer answer = read({std::string(key)}, call);
  if (!answer.ok()) violated("read", status_name(answer.status) + ": " + answer.error);
  return std::move(answer.items[0]);
}

ReadAnswer Store::read(const std::vector<std::string> &keys, const Call &call) {
  Inputs inputs(guard_);
  auto *list = inputs.array<navi_bytes>(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) list[i] = to_bytes(inputs, keys[i]);
  const navi_read request{sizeof request,  call.flags, call.now_ms,
                          call.timeout_ms, list,       keys.size()};
  ReadContext context{{}, call.flags};
  context.answer.items.resize(keys.size());
  ReplyOut reply("read");
  ErrorOut error("read");
  navi_status status = NAVI_OK;
  {
    const auto lock = serial();
    status = plugin_.store->read(handle_, inputs.object(request),
                                 inputs.object(navi_sink{&context, on_read_item}), reply.get(),
                                 error.get());
  }
  static_cast<Reply &>(context.answer) = reply.finish(status, error);
  for (size_t i = 0; i < keys.size() && status == NAVI_OK; ++i) {
    if (!context.answer.items[i]) continue;
    check_item_after("read", *context.answer.items[i], context.answer, call.now_ms);
    if (context.answer.items[i]->key != keys[i])
      violated("read", "an item has another key than was asked for");
  }
  return std::move(context.answer);
}

ScanAnswer Store::scan(const ScanRequest &request) {
  Inputs inputs(guard_);
  const navi_scan scan{sizeof scan,
                       request.flags,
                       request.now_ms,
                       request.timeout_ms,
                       to_bytes(inputs, request.start),
                       to_bytes(inputs, request.end),
                       request.max_items,
                       request.max_bytes};
  ScanContext context{{}, request};
  ReplyOut reply("scan");
  ErrorOut error("scan");
  navi_status status = NAVI_OK;
  {
    const auto lock = serial();
    status = plugin_.store->scan(handle_, inputs.object(scan),
                                 inputs.object(navi_sink{&context, on_scan_item}), reply.get(),
                                 error.get());
  }
  static_cast<Reply &>(context.answer) = reply.finish(status, error);
  if (status == NAVI_OK) {
    for (const Item &item : context.answer.items)
      check_item_after("scan", item, context.answer, request.now_ms);
  }
  if (request.max_items != 0 && context.answer.items.size() > request.max_items)
    violated("scan", "delivered more than max_items");
  return std::move(context.answer);
}

std::vector<Item> Store::scan_all(uint64_t page, uint64_t now_ms) {
  std::vector<Item> all;
  ScanRequest request;
  request.max_items = page;
  request.now_ms = now_ms;
  for (;;) {
    ScanAnswer answer = scan(request);
    if (!answer.ok()) violated("scan", status_name(answer.status) + ": " + answer.error);
    const bool more = answer.ok() && answer.more;
    if (more && answer.items.empty()) violated("scan", "says MORE and delivered nothing");
    if (more && !answer.items.empty()) request.start = answer.items.back().key;
    const bool stuck = answer.items.empty();
    std::move(answer.items.begin(), answer.items.end(), std::back_inserter(all));
    if (!more || stuck) return all;
    request.flags |= NAVI_F_AFTER;
  }
}

std::string Store::dump() { return render(scan_all()); }

TxnResult Store::put(std::string_view key, std::string_view value, const Call &call) {
  return txn(Txn().put(std::string(key), std::string(value)), call);
}

TxnResult Store::del(std::string_view key, const Call &call) {
  return txn(Txn().del(std::string(key)), call);
}

TxnResult Store::txn(const Txn &txn, const Call &call) {
  ApplyAnswer answer = apply({txn}, call);
  TxnResult result = std::move(answer.results[0]);
  result.call = answer.status;
  result.error = std::move(answer.error);
  return result;
}

ApplyAnswer Store::apply(const std::vector<Txn> &txns, const Call &call) {
  Inputs inputs(guard_);
  size_t n_ops = 0;
  for (const Txn &txn : txns) n_ops += txn.ops.size();
  Outputs<uint8_t> found(n_ops, kFoundUnset);
  Outputs<navi_result> results(txns.size(), navi_result{NAVI_MAYBE, 0, 0, 0});
  const navi_apply request{
      sizeof request, call.flags, call.now_ms, call.timeout_ms, to_txns(inputs, txns, found.data()),
      txns.size()};
  ErrorOut error("apply");
  ApplyAnswer answer;
  {
    const auto lock = serial();
    answer.status =
        plugin_.store->apply(handle_, inputs.object(request), results.data(), error.get());
  }
  answer.error = error.text(answer.status);
  check_status("apply", answer.status);
  if (!results.intact()) violated("apply", "wrote outside the results");
  if (!found.intact()) violated("apply", "wrote outside found[]");
  const uint8_t *next_found = found.data();
  for (size_t i = 0; i < txns.size(); ++i) {
    const navi_result &raw = results[i];
    TxnResult result{raw.status,
                     raw.detail,
                     raw.revision,
                     raw.current,
                     {next_found, next_found + txns[i].ops.size()},
                     answer.status,
                     answer.error};
    next_found += txns[i].ops.size();
    check_result(result, txns[i], answer.status);
    answer.results.push_back(std::move(result));
  }
  return answer;
}

Reply Store::clear(const Call &call) {
  Inputs inputs(guard_);
  const navi_apply request{sizeof request, call.flags, call.now_ms, call.timeout_ms, nullptr, 0};
  ReplyOut reply("clear");
  ErrorOut error("clear");
  const auto lock = serial();
  const navi_status status =
      plugin_.store->clear(handle_, inputs.object(request), reply.get(), error.get());
  return reply.finish(status, error);
}

Reply Store::sync(uint64_t timeout_ms) {
  ReplyOut reply("sync");
  ErrorOut error("sync");
  const auto lock = serial();
  const navi_status status = plugin_.store->sync(handle_, timeout_ms, reply.get(), error.get());
  return reply.finish(status, error);
}

StatsAnswer Store::stats() {
  navi_stats fill{};
  fill.size = sizeof fill;
  Outputs<navi_stats> stats(1, fill);
  ErrorOut error("stats");
  const auto lock = serial();
  StatsAnswer answer;
  answer.status = plugin_.store->stats(handle_, stats.data(), error.get());
  answer.error = error.text(answer.status);
  answer.stats = stats[0];
  answer.revision = stats[0].revision;
  check_status("stats", answer.status);
  if (!stats.intact()) violated("stats", "wrote outside the navi_stats");
  return answer;
}

void Store::interrupt() noexcept { plugin_.store->interrupt(handle_); }

}  // namespace navistore::conformance
