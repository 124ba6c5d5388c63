// SPDX-License-Identifier: Apache-2.0
// The store's calls; how it opens, recovers and closes is in lifecycle.cpp.
#include "core/store/store.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <future>
#include <utility>
#include <vector>

#include "core/store/store_impl.hpp"

namespace navistore::store {
namespace {

// Of a read on an event loop; more would hold up the other connections of its thread.
constexpr size_t kInlineKeys = 128;
constexpr uint64_t kInlineBytes = 1 << 20;  // of values
constexpr uint64_t kReadTimeoutMs = 10'000;
constexpr uint64_t kLookedAt = 4096;  // keys, at one look for those that are due

Error not_there() { return {Code::kUnavailable, "the backend is being opened again"}; }

Error read_error(const CallStatus &status, const char *doing) {
  return error_from(status, Call::kRead).in(doing);
}

// A backend says UNAVAILABLE, too, when a read passed its deadline.
Error late_or(const CallStatus &status, uint64_t started_ms, const char *doing) {
  const bool late = wall_clock_ms() >= started_ms + kReadTimeoutMs;
  if (status.status != NAVI_UNAVAILABLE || !late) return read_error(status, doing);
  return Error{Code::kTimeout, "the backend took too long"}.in(doing);
}

// Hands an item to a visitor; a tombstone is no item to anybody but peers.
bool visit_item(size_t index, const navi_item &item, Visitor visitor,
                Tombstones tombstones = Tombstones::kHidden) {
  ItemView out;
  out.encoded_meta = view(item.meta);
  out.meta = MetaView(out.encoded_meta);
  if (out.meta.tombstone() && tombstones == Tombstones::kHidden) return true;
  out.key = view(item.key);
  out.value = view(item.value);
  out.revision = item.revision;
  out.expires_ms = item.expires_ms;
  return visitor(index, out);
}

Result<uint64_t> read_keys(BackendStore &store, navi_read request, Visitor visitor) {
  request.now_ms = wall_clock_ms();
  request.timeout_ms = kReadTimeoutMs;
  navi_reply reply;
  const CallStatus status = store.read(
      request,
      [&](uint64_t index, const navi_item &item) { return visit_item(index, item, visitor); },
      reply);
  if (!status.ok()) return late_or(status, request.now_ms, "read");
  return reply.revision;
}

navi_scan scan_request(const ScanQuery &query) {
  navi_scan request{};
  if (query.values == Values::kWithout) request.flags |= NAVI_F_NO_VALUE;
  if (query.start_bound == Bound::kExclusive) request.flags |= NAVI_F_AFTER;
  if (query.order == Order::kDescending) request.flags |= NAVI_F_REVERSE;
  request.now_ms = wall_clock_ms();
  request.timeout_ms = kReadTimeoutMs;
  request.start = bytes(query.start);
  request.end = bytes(query.end);
  return request;
}

// The limits are counted here and not by the backend, so that hidden items do not count and a page
// stays one state of the store.
Result<ScanEnd> scan_page(BackendStore &store, const ScanQuery &query, Visitor visitor) {
  uint64_t items = 0;
  uint64_t bytes_seen = 0;
  bool more = false;
  const auto count = [&](size_t, const ItemView &item) {
    const uint64_t cost = item.key.size() + item.value.size();
    const bool full = (query.max_items != 0 && items == query.max_items) ||
                      (query.max_bytes != 0 && items != 0 && bytes_seen + cost > query.max_bytes);
    more = full;
    if (full) return false;
    bytes_seen += cost;
    more = !visitor(items++, item);
    return !more;
  };
  navi_reply reply;
  const navi_scan request = scan_request(query);
  const CallStatus status = store.scan(
      request,
      [&](uint64_t index, const navi_item &item) {
        return visit_item(index, item, count, query.tombstones);
      },
      reply);
  if (!status.ok()) return late_or(status, request.now_ms, "scan");
  more = more || (reply.flags & NAVI_MORE) != 0;
  return ScanEnd{reply.revision, more ? ScanEnd::Rest::kMore : ScanEnd::Rest::kComplete};
}

class LoneWriter final : public ExclusiveWriter {
 public:
  LoneWriter(Store &store, Writer &writer) : store_(store), writer_(writer) {}
  Result<ScanEnd> scan(const ScanQuery &query, Visitor visit) override {
    return store_.scan(query, visit);
  }
  CommitResult commit(const Transaction &transaction) override {
    return writer_.commit_alone(transaction);
  }

 private:
  Store &store_;
  Writer &writer_;
};

// Does something that belongs to the committer, on its thread, and waits for it.
template <class Answer>
Answer alone(Writer &writer, FunctionRef<Answer()> work) {
  std::promise<Answer> answer;
  writer.submit_exclusive({[&] { answer.set_value(work()); },
                           [&](Error error) { answer.set_value(std::move(error)); }});
  return answer.get_future().get();
}

class TimerAlarm final : public Store::Alarm {
 public:
  explicit TimerAlarm(std::unique_ptr<Timers::Alarm> alarm) : alarm_(std::move(alarm)) {}

 private:
  std::unique_ptr<Timers::Alarm> alarm_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(host::Backend backend, StoreOptions options) {
  auto store = std::make_unique<StoreImpl>(std::move(backend), std::move(options));
  if (Outcome started = store->start(); !started) return std::move(started).error();
  return std::unique_ptr<Store>(std::move(store));
}

Outcome StoreImpl::healthy() const {
  if (context_.published.is_published()) return Done{};
  const Lock lock(health_mutex_);
  return sickness_;
}

bool StoreImpl::reads_inline(size_t keys) const {
  return context_.facts.fast_reads && keys <= kInlineKeys;
}

Result<uint64_t> StoreImpl::read(const std::string_view *keys, size_t count, Values values,
                                 Visitor visit) {
  const auto store = context_.published.use();
  if (!store) return not_there();
  std::array<navi_bytes, kInlineKeys> few;
  std::vector<navi_bytes> many;
  navi_bytes *out = few.data();
  if (count > few.size()) {
    many.resize(count);
    out = many.data();
  }
  std::transform(keys, keys + count, out, bytes);
  navi_read request{};
  if (values == Values::kWithout) request.flags |= NAVI_F_NO_VALUE;
  if (count > 1) request.flags |= NAVI_F_SNAPSHOT;
  request.keys = out;
  request.n = count;
  auto revision = read_keys(*store, request, visit);
  if (revision) context_.saw(revision.value());
  return revision;
}

Result<std::optional<uint64_t>> StoreImpl::read_inline(const std::string_view *keys, size_t count,
                                                       Values values, Visitor visit) {
  uint64_t delivered = 0;
  const auto revision = read(keys, count, values, [&](size_t index, const ItemView &item) {
    delivered += item.value.size();
    return delivered <= kInlineBytes && visit(index, item);
  });
  if (!revision) return revision.error();
  if (delivered > kInlineBytes) return std::optional<uint64_t>();
  return std::optional<uint64_t>(revision.value());
}

Result<ScanEnd> StoreImpl::scan(const ScanQuery &query, Visitor visit) {
  const auto store = context_.published.use();
  if (!store) return not_there();
  return scan_page(*store, query, visit);
}

Result<StoreStats> StoreImpl::stats() {
  const auto store = context_.published.use();
  if (!store) return not_there();
  navi_stats stats;
  const CallStatus status = store->stats(stats);
  if (!status.ok()) return read_error(status, "statistics");
  // Older ones may be kept, but are not given.
  const uint64_t given = context_.feed->beginning() + 1;
  const uint64_t oldest = stats.oldest_change == 0 ? 0 : std::max(stats.oldest_change, given);
  return StoreStats{stats.items, stats.bytes,         stats.revision, stats.durable_revision,
                    oldest,      stats.next_expiry_ms};
}

Result<Due> StoreImpl::find_due(const ScanQuery &range) {
  const uint64_t now_ms = wall_clock_ms();
  Due due;
  if (!sweeper_.may_be_due(now_ms)) return due;
  const auto store = context_.published.use();
  if (!store) return not_there();
  navi_scan request = scan_request(range);
  request.now_ms = 0;  // so that expired items show
  uint64_t seen = 0;
  navi_reply reply;
  const CallStatus status = store->scan(
      request,
      [&](uint64_t, const navi_item &item) {
        due.last_key = view(item.key);
        const bool expired = item.expires_ms != 0 && item.expires_ms <= now_ms;
        if (expired && !MetaView(view(item.meta)).tombstone()) due.found = Due::Found::kSome;
        return due.found == Due::Found::kNone && ++seen < kLookedAt;
      },
      reply);
  if (!status.ok()) return late_or(status, now_ms, "find expired items");
  const bool more = seen == kLookedAt || (reply.flags & NAVI_MORE) != 0;
  if (due.found == Due::Found::kNone && more) due.found = Due::Found::kMore;
  return due;
}

void StoreImpl::submit_exclusive(std::function<void(ExclusiveWriter &)> work,
                                 std::function<void(Error)> refused) {
  writer_.submit_exclusive({[this, work = std::move(work)] {
                              LoneWriter alone(*this, writer_);
                              work(alone);
                            },
                            std::move(refused)});
}

void StoreImpl::reset(std::function<void(Result<uint64_t>)> done) {
  auto shared = std::make_shared<std::function<void(Result<uint64_t>)>>(std::move(done));
  writer_.submit_exclusive({[this, shared] { (*shared)(writer_.clear()); },
                            [shared](Error error) { (*shared)(std::move(error)); }});
}

void StoreImpl::compact(std::function<void(Outcome)> done) {
  if (!context_.facts.upkeep) {
    return done(Error{Code::kUnsupported, "the backend does not compact"});
  }
  auto shared = std::make_shared<std::function<void(Outcome)>>(std::move(done));
  Outcome queued = readers_.run([this, shared] {
    const auto store = context_.published.use();
    if (!store) return (*shared)(not_there());
    const CallStatus status = store->compact(0);
    if (!status.ok()) return (*shared)(read_error(status, "compact"));
    (*shared)(Done{});
  });
  if (!queued) (*shared)(std::move(queued).error());
}

Result<std::string> StoreImpl::record(const std::string &name) {
  return alone<Result<std::string>>(
      writer_, [&] { return context_.identity.record(Identity::Whose::kServer, name); });
}

Outcome StoreImpl::keep_record(const std::string &name, std::string value) {
  return alone<Outcome>(writer_, [&] {
    return context_.identity.keep_record(Identity::Whose::kServer, name, value);
  });
}

Outcome StoreImpl::start_replicating() {
  if (context_.replicating.load()) return Done{};
  return alone<Outcome>(writer_, [&]() -> Outcome {
    const uint64_t since = context_.revision.load();
    Outcome kept =
        context_.identity.keep_record(Identity::Whose::kStore, kReplicating, std::to_string(since));
    if (!kept) return kept;
    context_.replicating_since = since;
    writer_.start_replicating();
    return kept;
  });
}

std::unique_ptr<Store::Alarm> StoreImpl::wake_at(uint64_t time_ms, std::function<void()> wake) {
  return std::make_unique<TimerAlarm>(timers_.at(time_ms, std::move(wake)));
}

}  // namespace navistore::store
